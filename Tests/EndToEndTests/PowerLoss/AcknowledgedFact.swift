import JSONText

/// Something that a client was told, and that a power cut may not undo.
enum AcknowledgedFact: Sendable {
    case task(Int64)
    case cancelled(Int64)
    case succeeded(Int64)
    case upload(Int64)

    /// What the answers of a trace acknowledged, each with the place of the event after which the client may know.
    static func all(in trace: FileTrace) throws -> [(event: Int, fact: AcknowledgedFact)] {
        try trace.answers().flatMap { event, answer -> [(event: Int, fact: AcknowledgedFact)] in
            guard (200..<300).contains(answer.status) else { return [] }
            return try facts(of: answer.json()).map { (event, $0) }
        }
    }

    /// By the members that an answer has: the trace holds no requests.
    private static func facts(of answer: JSONValue) -> [AcknowledgedFact] {
        if let ids = answer["ids"]?.elements.compactMap(\.int64) { return ids.map { .task($0) } }
        if let id = answer["id"]?.int64, answer["sha256"] != nil {
            return [.upload(id)] + (answer["task_id"]?.int64.map { [.task($0)] } ?? [])
        }
        if let id = answer["task_id"]?.int64 {
            if answer["cancelled"]?.bool == true { return [.cancelled(id)] }
            if answer["status"]?.string == "succeeded" { return [.succeeded(id)] }
            return [.task(id)]
        }
        return answer["id"]?.int64.map { [.task($0)] } ?? []
    }

    /// What is wrong with it; nil when it holds.
    func problem(_ tasks: [Int64: TaskEnd], uploads: Set<Int64>) -> String? {
        switch self {
        case .task(let id): tasks[id] == nil ? "task \(id) is lost" : nil
        case .cancelled(let id):
            tasks[id]?.state == "cancelled" ? nil : "task \(id) was cancelled and is \(tasks[id]?.state ?? "lost")"
        case .succeeded(let id):
            tasks[id]?.state == "succeeded" ? nil : "task \(id) was seen to have succeeded and is \(tasks[id]?.state ?? "lost")"
        case .upload(let id): uploads.contains(id) ? nil : "upload \(id) is lost"
        }
    }
}
