import Storage
import TaskEngine
import TestSupport
import Testing

/// A way to break a database, and what the doctor says of it.
struct Damage: Sendable, CustomTestStringConvertible {
    let code: Finding.Code
    let testDescription: String
    /// `task` is queued; there is nothing with a higher id.
    let inflict: @Sendable (_ task: Int64, any Connection) throws -> Void

    init(_ code: Finding.Code, _ description: String, _ inflict: @escaping @Sendable (Int64, any Connection) throws -> Void) {
        self.code = code
        testDescription = description
        self.inflict = inflict
    }

    static let all = tasks + histories + results + keys + platform + schedules

    private static let tasks: [Damage] = [
        Damage(.unknownQueue, "its queue was deleted") { task, connection in
            try connection.execute("UPDATE tasks SET queue = 'gone' WHERE id = \(task)")
        },
        Damage(.waitingWithoutParents, "it waits for nobody") { task, connection in
            try connection.execute("UPDATE tasks SET state = 'waiting' WHERE id = \(task)")
        },
        Damage(.runDisagrees, "the run that it is of counts other nodes") { task, connection in
            try makeNode(of: task, unfinished: 2, connection)
        },
        Damage(.runDisagrees, "the run that it is of has ended") { task, connection in
            try makeNode(of: task, unfinished: 0, connection)
            try connection.execute("UPDATE workflow_runs SET state = 'succeeded', finished_at = 9")
        },
        Damage(.waitingWithoutParents, "it waits for more parents than it has") { task, connection in
            try makeNode(of: task, unfinished: 1, connection)
            try connection.execute("UPDATE tasks SET state = 'waiting', pending = 1 WHERE id = \(task)")
        },
        Damage(.overdue, "it is scheduled for long ago") { task, connection in
            try connection.execute("UPDATE tasks SET state = 'scheduled', ready_at = 1 WHERE id = \(task)")
        },
        Damage(.overdue, "it expired long ago") { task, connection in
            try connection.execute("UPDATE tasks SET expires_at = 1 WHERE id = \(task)")
        },
        Damage(.workerGone, "it runs under a worker that was deleted") { task, connection in
            try connection.execute(
                "UPDATE tasks SET state = 'running', worker = 999, started_at = 5, claim = 1, attempt = 1, version = 2 WHERE id = \(task)")
        },
        Damage(.cancelForgotten, "it was asked to end and is queued") { task, connection in
            try connection.execute("UPDATE tasks SET cancel_requested_at = 7 WHERE id = \(task)")
        },
        Damage(.countersDisagree, "it has more attempts than claims") { task, connection in
            try connection.execute("UPDATE tasks SET attempt = 3 WHERE id = \(task)")
        },
        Damage(.countersDisagree, "it was claimed and its version did not rise") { task, connection in
            try connection.execute("UPDATE tasks SET attempt = 1, claim = 1 WHERE id = \(task)")
        },
        Damage(.countersDisagree, "it was lost too often to be queued again") { task, connection in
            try connection.execute("UPDATE tasks SET attempt = 3, claim = 3, lost = 3, version = 7 WHERE id = \(task)")
        },
        Damage(.countersDisagree, "it succeeded and was never claimed") { task, connection in
            try connection.execute("UPDATE tasks SET state = 'succeeded', finished_at = 9 WHERE id = \(task)")
        },
    ]

    private static let histories: [Damage] = [
        Damage(.historyDisagrees, "its history knows a later claim") { task, connection in
            try insertAttempt(of: task, claim: 7, .failed, connection)
        },
        Damage(.historyDisagrees, "its history knows a success, and it is queued") { task, connection in
            try connection.execute("UPDATE tasks SET attempt = 1, claim = 1, version = 3 WHERE id = \(task)")
            try insertAttempt(of: task, claim: 1, .succeeded, connection)
        },
        Damage(.historyDisagrees, "it counts a loss that its history does not know") { task, connection in
            try connection.execute("UPDATE tasks SET attempt = 1, claim = 1, lost = 1, version = 3 WHERE id = \(task)")
        },
        Damage(.historyDisagrees, "its history knows a loss that it does not count") { task, connection in
            try connection.execute("UPDATE tasks SET attempt = 1, claim = 1, version = 3 WHERE id = \(task)")
            try insertAttempt(of: task, claim: 1, .lost, connection)
        },
        Damage(.historyMissing, "it failed, and no attempt is known") { task, connection in
            try connection.execute(
                "UPDATE tasks SET state = 'failed', finished_at = 9, attempt = 1, claim = 1, version = 3 WHERE id = \(task)")
        },
        Damage(.orphan, "an attempt belongs to no task") { task, connection in
            try insertAttempt(of: task + 1, claim: 1, .failed, connection)
        },
    ]

    private static let results: [Damage] = [
        Damage(.resultDisagrees, "it has a result and has not succeeded") { task, connection in
            try connection.execute("INSERT INTO task_results (task_id, output, created_at) VALUES (\(task), '1', 0)")
        },
        Damage(.resultDisagrees, "it has progress of a claim that was never made") { task, connection in
            try connection.execute("INSERT INTO task_progress (task_id, claim, updated_at) VALUES (\(task), 4, 0)")
        },
        Damage(.labelsDisagree, "lists find it by a tag that it does not have") { task, connection in
            try connection.execute("INSERT INTO task_labels (tenant, label, task_id) VALUES ('acme', 't:blue', \(task))")
        },
        Damage(.labelsDisagree, "lists do not find it by its tag") { task, connection in
            try connection.execute("INSERT INTO task_payloads (task_id, input, tags) VALUES (\(task), '{}', '[\"blue\"]')")
        },
        Damage(.labelsDisagree, "another tenant finds it by its tag") { task, connection in
            try connection.execute("INSERT INTO task_payloads (task_id, input, tags) VALUES (\(task), '{}', '[\"blue\"]')")
            try connection.execute("INSERT INTO task_labels (tenant, label, task_id) VALUES ('initech', 't:blue', \(task))")
        },
        Damage(.orphan, "a result belongs to no task") { task, connection in
            try connection.execute("INSERT INTO task_results (task_id, output, created_at) VALUES (\(task + 1), '1', 0)")
        },
        Damage(.orphan, "a payload belongs to no task") { task, connection in
            try connection.execute("INSERT INTO task_payloads (task_id, input) VALUES (\(task + 1), '1')")
        },
        Damage(.orphan, "progress belongs to no task") { task, connection in
            try connection.execute("INSERT INTO task_progress (task_id, claim, updated_at) VALUES (\(task + 1), 1, 0)")
        },
        Damage(.orphan, "a log line belongs to no task") { task, connection in
            let id = try connection.allocateID()
            try connection.execute(
                """
                INSERT INTO task_logs (id, task_id, attempt, level, message, logged_at)
                VALUES (\(id), \(task + 1), 1, 'info', 'm', 0)
                """)
        },
        Damage(.orphan, "a label belongs to no task") { task, connection in
            try connection.execute("INSERT INTO task_labels (tenant, label, task_id) VALUES ('acme', 't:blue', \(task + 1))")
        },
    ]

    private static let keys: [Damage] = [
        Damage(.uniqueKeyBroken, "it does not hold its key") { task, connection in
            try connection.execute("UPDATE tasks SET unique_key = 'k' WHERE id = \(task)")
        },
        Damage(.uniqueKeyBroken, "it holds a key that it does not have") { task, connection in
            try insertKey(heldBy: task, connection)
        },
        Damage(.orphan, "a key is held by no task") { task, connection in try insertKey(heldBy: task + 1, connection) },
        Damage(.requestUnanswered, "a request was carried out, and what it led to is unknown") { _, connection in
            try connection.execute(
                """
                INSERT INTO idempotency_keys (tenant, subject, route, idem_key, fingerprint, answer, created_at)
                VALUES ('acme', 's', 'POST /tasks', 'k', 'f', '', 0)
                """)
        },
    ]

    private static let platform: [Damage] = [
        Damage(.workerSilent, "a worker has been silent for long") { _, connection in
            _ = try WorkerLease.register(
                .init(name: "silent", host: "test", pid: 1, pools: "{}", queues: "[]", types: "[]"), now: 1, on: connection)
        },
        Damage(.pausesDisagree, "a queue counts pauses that are not there") { _, connection in
            try connection.execute("UPDATE queues SET tenant_pauses = 2")
        },
        Damage(.orphan, "a tenant has paused a queue that is not there") { _, connection in
            try connection.execute("INSERT INTO queue_pauses (queue, tenant, paused_at) VALUES ('gone', 'acme', 0)")
        },
        Damage(.idsBehind, "the counter of ids was set back") { _, connection in
            switch connection.dialect {
            case .sqlite: try connection.execute("UPDATE id_counter SET last = 1")
            case .postgres: _ = try connection.rows("SELECT setval('millrace_ids', 1)") { _ in }
            }
        },
    ]

    /// Makes the task the only node of a run.
    private static func makeNode(of task: Int64, unfinished: Int64, _ connection: any Connection) throws {
        let text = #"{"name": "w", "nodes": [{"id": "a", "task": "test.sample"}]}"#
        guard case .accepted(let plan, _) = WorkflowDefinition.parse(text, rules: .stored) else { throw FixtureError("it is right") }
        let stored = try RegisterWorkflow.register(plan.definition, tenant: "acme", now: 1, on: connection).stored
        let run = try connection.allocateID()
        try connection.execute(
            """
            INSERT INTO workflow_runs (id, tenant, definition, workflow, workflow_version, state, params, created_at, unfinished, task_count, root)
            VALUES (\(run), 'acme', \(stored.id), 'w', 1, 'pending', '{}', 1, \(unfinished), 1, \(run))
            """)
        try connection.execute("UPDATE tasks SET run_id = \(run), node = 0, pending = 0 WHERE id = \(task)")
    }

    private static func insertAttempt(of task: Int64, claim: Int64, _ outcome: AttemptOutcome, _ connection: any Connection) throws {
        try connection.execute(
            """
            INSERT INTO attempts (task_id, claim, attempt, worker, started_at, finished_at, outcome)
            VALUES (\(task), \(claim), 1, 1, 1, 2, \(outcome.rawValue))
            """)
    }

    private static func insertKey(heldBy task: Int64, _ connection: any Connection) throws {
        try connection.execute(
            "INSERT INTO unique_keys (tenant, type, unique_key, task_id, until) VALUES ('acme', 'test.sample', 'k', \(task), 0)")
    }
}
