import Storage

/// A run as transitions see it, while they hold the row of its root.
///
/// Lock order: worker row, runs by id, tasks, all else. Whoever ends a node, or changes a run in any other way, holds the row of the
/// run's root first: the run at the top of the tree of child runs, most often the run itself. So a run, those above it and
/// those below it change together, in one order, without a lock for each.
struct RunRow {
    let id: Int64
    let tenant: String
    let workflow: String
    let definition: Int64
    let digest: String
    let createdAt: Int64
    let root: Int64
    let parentRun: Int64?
    let parentTask: Int64?
    let depth: Int
    var state: RunState
    var startedAt: Int64?
    var finishedAt: Int64?
    var deadlineAt: Int64?
    var unfinished: Int64
    var flawed: Int64
    var failed: Int64
    var taskCount: Int64
    var cancelRequestedAt: Int64?
    var cancelReason: String?
    /// What it ends as when it was ended from outside.
    var cancelState: RunState?

    var head: RunHead { RunHead(id: id, definition: definition, digest: digest) }
    /// It was ended from outside: nothing of it begins any more.
    var isEnding: Bool { cancelRequestedAt != nil }

    static let columns: SQL = """
        w.id, w.tenant, w.workflow, w.definition, (SELECT d.digest FROM workflows AS d WHERE d.id = w.definition), w.created_at, w.root,
        w.parent_run, w.parent_task, w.depth, w.state, w.started_at, w.finished_at, w.deadline_at, w.unfinished, w.flawed, w.failed,
        w.task_count, w.cancel_requested_at, w.cancel_reason, w.cancel_state
        """

    /// Decodes ``columns``.
    init(_ row: Row) throws {
        id = row.int(0)
        tenant = row.text(1)
        workflow = row.text(2)
        definition = row.int(3)
        digest = row.text(4)
        createdAt = row.int(5)
        root = row.int(6)
        parentRun = row.intOrNil(7)
        parentTask = row.intOrNil(8)
        depth = Int(row.int(9))
        state = try RunState(stored: row.text(10))
        startedAt = row.intOrNil(11)
        finishedAt = row.intOrNil(12)
        deadlineAt = row.intOrNil(13)
        unfinished = row.int(14)
        flawed = row.int(15)
        failed = row.int(16)
        taskCount = row.int(17)
        cancelRequestedAt = row.intOrNil(18)
        cancelReason = row.textOrNil(19)
        cancelState = try row.textOrNil(20).map { try RunState(stored: $0) }
    }

    /// Holds the roots of `runs` until the commit and reads the runs. Ids that are no run's are left out.
    static func hold(_ runs: some Collection<Int64>, on connection: any Connection) throws -> [Int64: RunRow] {
        guard !runs.isEmpty else { return [:] }
        let wanted = Set(runs)
        guard connection.dialect == .postgres else { return try read(wanted, on: connection) }
        let held = try lockRoots(of: wanted, connection)
        var found = held.filter { wanted.contains($0.key) }
        // A statement of its own: what it reads was committed by whoever held the root before.
        let below = wanted.subtracting(found.keys)
        if !below.isEmpty { found.merge(try read(below, on: connection)) { first, _ in first } }
        return found
    }

    private static func lockRoots(of runs: Set<Int64>, _ connection: any Connection) throws -> [Int64: RunRow] {
        try byID(
            connection.rows(
                """
                SELECT \(fragment: columns) FROM workflow_runs AS w
                WHERE w.id IN (SELECT x.root FROM \(RowSet(ids: runs.sorted()), as: "r") JOIN workflow_runs AS x ON x.id = r.id)
                ORDER BY w.id\(lock: .update)
                """, RunRow.init))
    }

    /// Runs whose roots the caller holds.
    static func read(_ runs: some Collection<Int64>, on connection: any Connection) throws -> [Int64: RunRow] {
        guard !runs.isEmpty else { return [:] }
        return try byID(
            connection.rows(
                """
                SELECT \(fragment: columns) FROM \(RowSet(ids: runs.sorted()), as: "r") CROSS JOIN workflow_runs AS w WHERE w.id = r.id
                """, RunRow.init))
    }

    private static func byID(_ rows: [RunRow]) -> [Int64: RunRow] {
        Dictionary(rows.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Writes what has changed of runs that the caller holds. A claim may have marked a run as running since it was read: it is not
    /// pending again by this.
    static func store(_ runs: [RunRow], on connection: any Connection) throws {
        guard !runs.isEmpty else { return }
        var rows = RowSet(
            [
                .bigint("id"), .text("state"), .bigint("started_at"), .bigint("finished_at"), .bigint("deadline_at"), .bigint("unfinished"),
                .bigint("flawed"), .bigint("failed"), .bigint("task_count"), .bigint("cancel_requested_at"), .text("cancel_reason"),
                .text("cancel_state"),
            ], capacity: runs.count)
        for run in runs {
            rows.append([
                .int(run.id), .text(run.state.rawValue), .int(run.startedAt), .int(run.finishedAt), .int(run.deadlineAt),
                .int(run.unfinished), .int(run.flawed), .int(run.failed), .int(run.taskCount), .int(run.cancelRequestedAt),
                .text(run.cancelReason), .text(run.cancelState?.rawValue),
            ])
        }
        try connection.forEach(
            rows,
            """
            UPDATE workflow_runs
            SET state = CASE WHEN r.state = 'pending' THEN workflow_runs.state ELSE r.state END,
                started_at = COALESCE(r.started_at, workflow_runs.started_at), finished_at = r.finished_at, deadline_at = r.deadline_at,
                unfinished = r.unfinished, flawed = r.flawed, failed = r.failed, task_count = r.task_count,
                cancel_requested_at = r.cancel_requested_at, cancel_reason = r.cancel_reason, cancel_state = r.cancel_state,
                version = workflow_runs.version + 1
            FROM \(rows, as: "r") WHERE workflow_runs.id = r.id
            """)
    }
}
