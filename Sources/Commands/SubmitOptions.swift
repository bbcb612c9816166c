import ArgumentParser
import JSONText

/// What may be said of a task beside its type and input; the server's defaults hold for the rest.
struct SubmitOptions: ParsableArguments {
    @Option(help: "Queue; the task type's by default.")
    var queue: String?

    @Option(help: "0 (first) to 9; 5 by default.")
    var priority: Int64?

    @Option(help: "Start after this time, e.g. 30s, 5m, 2h.")
    var delay: TimeSpan?

    @Option(help: "Start at this time, e.g. 2026-01-31T08:00:00Z.")
    var runAt: String?

    @Option(help: "Cancel the task when it has not started by this time.")
    var expiresAt: String?

    @Option(help: "Submit nothing while another task of this type with this key has not ended; print that one's id.")
    var uniqueKey: String?

    @Option(help: "Keep the unique key for this time, also after the task's end.")
    var uniqueWindow: TimeSpan?

    @Option(help: "Retries after the first attempt.")
    var maxRetries: Int64?

    @Option(help: "Hard time limit of one attempt, e.g. 90s.")
    var timeout: TimeSpan?

    @Option(name: .customLong("tag"), help: "A tag; may be given several times.")
    var tags: [String] = []

    @Option(help: "A JSON object that is kept with the task.")
    var metadata: String?

    /// The body of `POST /v1/tasks`, whose rules the server checks.
    /// - Parameter input: JSON.
    func body(type: String, input: String) throws -> [UInt8] {
        let metadata = try metadata.map { try JSONDocument(parsing: $0).root.rawText }
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("type", type)
            writer.fieldRaw("input", input)
            if let queue { writer.field("queue", queue) }
            if let priority { writer.field("priority", priority) }
            if let delay { writer.field("delay_ms", delay.milliseconds) }
            if let runAt { writer.field("run_at", runAt) }
            if let expiresAt { writer.field("expires_at", expiresAt) }
            if let uniqueKey { writer.field("unique_key", uniqueKey) }
            if let uniqueWindow { writer.field("unique_window_ms", uniqueWindow.milliseconds) }
            if let maxRetries { writer.field("max_retries", maxRetries) }
            if let timeout { writer.field("timeout_ms", timeout.milliseconds) }
            if let metadata { writer.fieldRaw("metadata", metadata) }
            guard !tags.isEmpty else { return }
            writer.key("tags")
            writer.array { array in for tag in tags { array.value(tag) } }
        }
        return writer.bytes
    }
}
