import JSONText
import TaskEngine
import WebCore

/// Reads what a client sends to submit tasks.
enum SubmitBody {
    /// Most tasks in one batch.
    static let mostTasks = 10_000
    /// Longest metadata of a task in bytes.
    static let mostMetadataBytes = 16 * 1024
    /// Most members of a task's metadata: each that can be searched for is a row.
    static let mostMetadataMembers = 50
    /// Longest tag in characters.
    static let longestTag = 100
    /// Longest unique key in characters.
    static let longestUniqueKey = 200
    /// A hard limit of more than 30 days is a mistake.
    static let longestTimeout: Int64 = 30 * 86_400_000
    /// A delay or a window of more than ten years is one too.
    static let longestDelay: Int64 = 3660 * 86_400_000

    /// One task. Problems stay in the reader.
    static func task(_ fields: inout ObjectReader) -> SubmitRequest {
        var request = SubmitRequest(type: fields.requiredString("type", maxLength: 200))
        if let input = fields.raw("input") { request.input = input }
        request.queue = fields.optionalString("queue", maxLength: 200)
        request.priority = fields.optionalInt("priority", in: 0...9).map(Int.init)
        request.runAt = fields.optionalTime("run_at")
        request.delayMilliseconds = fields.optionalInt("delay_ms", in: 0...longestDelay)
        if request.runAt != nil, request.delayMilliseconds != nil { fields.problem("delay_ms", "cannot be given together with run_at") }
        request.maxRetries = fields.optionalInt("max_retries", in: 0...1000).map(Int.init)
        request.timeoutMilliseconds = fields.optionalInt("timeout_ms", in: 1...longestTimeout)
        request.tags = fields.optionalStrings("tags", maxCount: 20, maxLength: longestTag).flatMap(list)
        request.metadata = metadata(&fields)
        request.uniqueKey = fields.optionalString("unique_key", maxLength: longestUniqueKey)
        request.uniqueWindowMilliseconds = fields.optionalInt("unique_window_ms", in: 1...longestDelay)
        if request.uniqueWindowMilliseconds != nil, request.uniqueKey == nil {
            fields.problem("unique_window_ms", "needs a unique_key")
        }
        request.expiresAt = fields.optionalTime("expires_at")
        return request
    }

    /// `{"tasks": […]}`.
    static func batch(_ fields: inout ObjectReader) -> [SubmitRequest] {
        guard fields.requiredValue("tasks") != nil else { return [] }
        let tasks = fields.objects("tasks", maxCount: mostTasks, task)
        if tasks?.isEmpty == true { fields.problem("tasks", "must have at least one element") }
        return tasks ?? []
    }

    private static func metadata(_ fields: inout ObjectReader) -> String? {
        if let members = fields.value("metadata")?.members, members.count > mostMetadataMembers {
            fields.problem("metadata", "must have at most \(mostMetadataMembers) members")
        }
        return fields.rawObject("metadata", maxBytes: mostMetadataBytes)
    }

    /// As JSON; nil for none, as the engine wants it.
    static func list(_ words: [String]) -> String? {
        guard !words.isEmpty else { return nil }
        var writer = JSONWriter()
        writer.array { array in
            for word in words { array.value(word) }
        }
        return writer.text
    }
}
