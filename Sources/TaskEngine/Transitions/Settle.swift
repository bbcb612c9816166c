package import Storage

/// Writes what a worker's handlers led to: successes and other endings, in one transaction and one lock order.
///
/// Called by the engine's turn, which holds its worker's row. Before the commit all of the tasks are running and would be rescued
/// if the process died; after it each has the owner of its next step that its outcome says, or is terminal. What no longer
/// matches its fence changes nothing.
///
/// Lock order: all tasks before any unique key of a follow-up. A bulk retry holds tasks while it waits for keys. Among the tasks
/// any order will do: nobody else waits for one running task while holding another, but the rescue, which waits for the worker
/// first, and whoever ends a run, which this one holds as well when it settles a node of it.
///
/// What ends a node moves its run on in the same transaction (``RunAdvance``).
package enum Settle {
    /// - Parameter submit: see ``Complete/complete(_:now:on:submit:)``.
    /// - Returns: the changes of those that were accepted, and of what they submitted.
    package static func settle(
        _ successes: [Complete.Success], _ endings: [EndAttempts.Ending], _ workflows: Workflows = Workflows(), now: Int64,
        on connection: any Connection,
        submit: (_ followUps: [SubmitRequest], _ tenant: String) throws -> [TaskChange] = { _, _ in [] }
    ) throws -> [TaskChange] {
        let runs = try RunRow.hold(runs(successes, endings), on: connection)
        let ended = try EndAttempts.end(endings, now: now, on: connection)
        var changes = try Complete.complete(successes, now: now, on: connection, submit: submit) + ended
        let further = try RunAdvance.advance(&changes, holding: runs, workflows, now: now, on: connection)
        return changes + further
    }

    /// Runs whose nodes these are; most tasks are none.
    private static func runs(_ successes: [Complete.Success], _ endings: [EndAttempts.Ending]) -> Set<Int64> {
        var runs: Set<Int64> = []
        for success in successes { if let node = success.task.node { runs.insert(node.run) } }
        for ending in endings { if let node = ending.task.node { runs.insert(node.run) } }
        return runs
    }
}
