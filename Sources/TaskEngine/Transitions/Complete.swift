package import Storage

/// Records successes, a whole batch in one statement.
///
/// Before the commit the tasks are running and would be rescued if the process died; after it they are succeeded for good.
/// A success whose fence no longer matches (the task was rescued, timed out or redriven meanwhile) changes nothing.
package enum Complete {
    /// One handler that returned.
    package struct Success: Sendable {
        /// The claim it held.
        package let task: ClaimedTask
        /// JSON, nil for none.
        package let output: String?
        /// Further writes to be committed together with the success.
        package let effects: (@Sendable (any Connection) throws -> Void)?

        /// Tasks of the same tenant that exist as soon as the success does; they are submitted in the same transaction.
        package let followUps: [SubmitRequest]

        /// A success without output and further writes unless given.
        package init(
            task: ClaimedTask, output: String? = nil, effects: (@Sendable (any Connection) throws -> Void)? = nil,
            followUps: [SubmitRequest] = []
        ) {
            self.task = task
            self.output = output
            self.effects = effects
            self.followUps = followUps
        }
    }

    /// - Parameter submit: inserts follow-ups of a tenant and returns their changes; not called when there are none. What it
    ///   throws undoes the batch.
    /// - Returns: the changes of those that were accepted, then those of their follow-ups.
    package static func complete(
        _ successes: [Success], now: Int64, on connection: any Connection,
        submit: (_ followUps: [SubmitRequest], _ tenant: String) throws -> [TaskChange] = { _, _ in [] }
    ) throws -> [TaskChange] {
        guard !successes.isEmpty else { return [] }
        let settled = try succeed(successes, now: now, connection)
        // By claim, not by task: a batch may hold the answers of two claims of one task, and only the later one counts.
        let accepted = Set(settled.map(\.claim))
        let counted = successes.filter { accepted.contains(SettledClaim.Key($0.task)) }
        try insertResults(counted.filter { $0.output != nil }, now: now, connection)
        try insertAttempts(counted.filter { $0.task.attempt > 1 }, now: now, connection)
        // By their tasks: among these writes is the last progress of each, which the journal writes in this order too.
        let withEffects = counted.filter { $0.effects != nil }
        for success in withEffects.sorted(by: { $0.task.id < $1.task.id }) { try success.effects?(connection) }
        return try settled.map(\.change) + followUps(of: counted, submit)
    }

    /// Most successes ask for none, which costs nothing.
    private static func followUps(
        of successes: [Success], _ submit: ([SubmitRequest], String) throws -> [TaskChange]
    ) throws -> [TaskChange] {
        guard successes.contains(where: { !$0.followUps.isEmpty }) else { return [] }
        var requests: [String: [SubmitRequest]] = [:]
        for success in successes where !success.followUps.isEmpty { requests[success.task.tenant, default: []] += success.followUps }
        // In the order of the bytes, as everybody locks unique keys.
        return try requests.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }.flatMap { try submit($0.value, $0.key) }
    }

    /// The state is not compared: a row that has this worker is running (CHECK constraint), and naming the state would let
    /// the planner take the partial index on running tasks, which turns the batch quadratic.
    private static func succeed(_ successes: [Success], now: Int64, _ connection: any Connection) throws -> [SettledClaim] {
        var fences = RowSet([.bigint("id"), .bigint("claim"), .bigint("worker")], capacity: successes.count)
        for success in successes { fences.append([.int(success.task.id), .int(success.task.claim), .int(success.task.worker)]) }
        return try connection.rows(
            """
            UPDATE tasks
            SET state = 'succeeded', worker = NULL, finished_at = \(now), version = version + 1, error_code = NULL, error_message = NULL
            FROM \(fences, as: "r")
            WHERE tasks.id = r.id AND tasks.claim = r.claim AND \(plainColumn: "tasks.worker") = r.worker
            RETURNING \(fragment: SettledClaim.columns)
            """, SettledClaim.init)
    }

    private static func insertResults(_ successes: [Success], now: Int64, _ connection: any Connection) throws {
        var rows = RowSet([.bigint("task_id"), .text("output")], capacity: successes.count)
        for success in successes { rows.append([.int(success.task.id), .text(success.output)]) }
        try connection.forEach(
            rows,
            """
            INSERT INTO task_results (task_id, output, created_at) SELECT r.task_id, r.output, \(now) FROM \(rows, as: "r") WHERE true
            ON CONFLICT (task_id) DO UPDATE SET output = excluded.output, created_at = excluded.created_at
            """)
    }

    /// Only a task that needed more than one attempt has a history worth rows.
    private static func insertAttempts(_ successes: [Success], now: Int64, _ connection: any Connection) throws {
        try AttemptRow.insert(
            successes.map { AttemptRow(task: $0.task, outcome: .succeeded, error: nil) }, now: now, on: connection)
    }
}
