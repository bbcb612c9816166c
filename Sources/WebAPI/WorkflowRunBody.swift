import JSONText
import TaskEngine
import WebCore

/// Reads what a client sends to start workflow runs and to speak to them.
enum WorkflowRunBody {
    /// Longest name that a caller gives to a run, in characters.
    static let longestKey = 128
    /// Longest name of an event in characters.
    static let longestEvent = 200
    /// Names that would lead elsewhere in a path.
    private static let reservedKeys: Set<String> = ["stats", ".", ".."]

    /// A run. Members that nobody knows are kept with the run instead of being refused: existing clients send such.
    static func request(_ fields: inout ObjectReader) -> StartRun.Request {
        let text = fields.requiredString("workflow_id", maxLength: 200)
        let name = WorkflowName(text)
        if name == nil, !text.isEmpty { fields.problem("workflow_id", "must be the name of a workflow, or name@version") }
        var request = StartRun.Request(workflow: name?.name ?? "", version: name?.version)
        request.params = fields.rawObject("params")
        request.key = fields.optionalString("job_run_id", maxLength: longestKey)
        if let key = request.key { check(key, &fields) }
        request.tags = fields.optionalStrings("tags", maxCount: 20, maxLength: SubmitBody.longestTag).flatMap(SubmitBody.list)
        request.metadata = metadata(&fields)
        return request
    }

    private static func check(_ key: String, _ fields: inout ObjectReader) {
        if reservedKeys.contains(key) { fields.problem("job_run_id", "cannot be '\(key)': choose another name") }
        if key.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            fields.problem(
                "job_run_id", "cannot be a number: paths take it in the place of ids, and it could be another run's; write job-\(key), say")
        }
    }

    /// `{name, data}`.
    static func event(_ fields: inout ObjectReader) -> (name: String, data: String) {
        (fields.requiredString("name", maxLength: longestEvent), fields.raw("data") ?? "null")
    }

    /// The members of `metadata`, then all that nobody knows.
    private static func metadata(_ fields: inout ObjectReader) -> String? {
        let given = fields.value("metadata")
        if let given, given.kind != .object { fields.problem("metadata", "must be an object") }
        var members = given?.members ?? []
        for member in fields.unknownMembers {
            _ = fields.value(member.key)
            if members.contains(where: { $0.key == member.key }) {
                fields.problem(member.key, "is given here and in metadata")
            }
            members.append(member)
        }
        guard !members.isEmpty else { return nil }
        if members.count > SubmitBody.mostMetadataMembers {
            fields.problem("metadata", "must have at most \(SubmitBody.mostMetadataMembers) members, unknown fields among them")
        }
        var writer = JSONWriter()
        writer.object { object in for (key, value) in members { object.fieldRaw(key, value.rawText) } }
        if writer.bytes.count > SubmitBody.mostMetadataBytes {
            fields.problem("metadata", "must have at most \(SubmitBody.mostMetadataBytes) bytes, unknown fields included")
        }
        return writer.text
    }
}
