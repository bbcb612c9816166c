package import Storage

/// Writes what a worker's handlers led to: successes and other endings, in one transaction and one lock order.
///
/// Called by the engine's turn, which holds its worker's row. Before the commit all of the tasks are running and would be rescued
/// if the process died; after it each has the owner of its next step that its outcome says, or is terminal. What no longer
/// matches its fence changes nothing.
///
/// Lock order: all tasks before any unique key of a follow-up. A bulk retry holds tasks while it waits for keys. Among the tasks
/// any order will do: nobody else waits for one running task while holding another, but the rescue, which waits for the worker
/// first.
package enum Settle {
    /// - Parameter submit: see ``Complete/complete(_:now:on:submit:)``.
    /// - Returns: the changes of those that were accepted, and of what they submitted.
    package static func settle(
        _ successes: [Complete.Success], _ endings: [EndAttempts.Ending], now: Int64, on connection: any Connection,
        submit: (_ followUps: [SubmitRequest], _ tenant: String) throws -> [TaskChange] = { _, _ in [] }
    ) throws -> [TaskChange] {
        let ended = try EndAttempts.end(endings, now: now, on: connection)
        return try Complete.complete(successes, now: now, on: connection, submit: submit) + ended
    }
}
