public import Logging

extension TaskContext {
    /// A context to call a handler with in a test of its own, without engine and database: progress is kept nowhere, artifacts
    /// are kept in memory, closures given to ``complete(_:)`` do not run, and follow-ups may be of any type (``followUps`` shows them).
    /// - Parameters:
    ///   - attempt: from 1.
    ///   - secrets: what ``secret(_:)`` finds, by name.
    ///   - limit: when ``deadline`` is, from now.
    public static func forTesting(
        id: Int64 = 1, tenant: String = "default", type: String = "test", attempt: Int = 1, maxRetries: Int = 3,
        secrets: [String: String] = [:], limit: Duration = .seconds(3300), logger: Logger = Logger(label: "test")
    ) -> TaskContext {
        let task = ClaimedTask(
            id: id, tenant: tenant, type: type, queue: "default", priority: 5, claim: 1, attempt: attempt, attemptBase: 0,
            maxRetries: maxRetries, softMilliseconds: nil, timeoutMilliseconds: nil, readyAt: 0, createdAt: 0, startedAt: 0, version: 1,
            worker: 1, input: "{}", expiresAt: nil)
        let artifacts = MemoryArtifacts(secrets: secrets)
        return TaskContext(
            task, deadline: .now + limit, journal: nil, helper: .other { artifacts.answer($0) }, logger: logger
        ) { _ in true }
    }

    /// The tasks that ``submit(_:options:)`` was given so far: their types and their inputs as JSON.
    public var followUps: [(type: String, input: String)] {
        (collected?.followUps ?? []).map { ($0.type, $0.input) }
    }
}
