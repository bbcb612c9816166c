package import Storage

/// Log lines and progress: about a task, but no change of its state.
///
/// A handler that was given up may go on talking for as long as it likes, and its task may be pruned meanwhile. So what it says
/// is taken only while the task is unfinished or ended less than ``grace`` ago: no task is pruned within a minute of its end
/// (the shortest retention), and no line is left without its task, without a lock that each would have to take.
package enum JournalWrites {
    /// How long after the end of a task its last lines may be written; microseconds.
    static let grace: Int64 = 30_000_000

    /// One line of a task's log.
    package struct Line: Sendable {
        let task: Int64
        /// The workflow run that the task is a node of; nil for a task of its own.
        let run: Int64?
        let attempt: Int
        let level: String
        let message: String
        let at: Int64

        package init(task: Int64, run: Int64? = nil, attempt: Int, level: String, message: String, at: Int64) {
            self.task = task
            self.run = run
            self.attempt = attempt
            self.level = level
            self.message = message
            self.at = at
        }
    }

    /// A task's progress as the holder of a claim tells it.
    package struct Progress: Sendable {
        let task: Int64
        let claim: Int64
        let fraction: Double?
        let message: String?
        /// When it was taken to be written, microseconds since 1970. Later for a task than whatever was taken before, also after
        /// the clock was set back: of two writes under way at once the later one stays.
        var at: Int64

        package init(task: Int64, claim: Int64, fraction: Double?, message: String?, at: Int64 = 0) {
            self.task = task
            self.claim = claim
            self.fraction = fraction
            self.message = message
            self.at = at
        }
    }

    /// Lines of one workflow run have ids in the order of their commits, whichever processes write them: a reader that goes on behind
    /// the last line it has seen misses none.
    /// - Returns: how many were taken.
    @discardableResult
    package static func insert(_ lines: [Line], now: Int64, on connection: any Connection) throws -> Int {
        try queueUp(Set(lines.compactMap(\.run)), connection)
        let ids = try connection.allocateIDs(lines.count)
        var rows = RowSet(
            [.bigint("id"), .bigint("task_id"), .bigint("attempt"), .text("level"), .text("message"), .bigint("logged_at")],
            capacity: lines.count)
        for (id, line) in zip(ids, lines) {
            rows.append([
                .int(id), .int(line.task), .int(Int64(line.attempt)), .text(line.level), .text(line.message), .int(line.at),
            ])
        }
        return try connection.forEach(
            rows,
            """
            INSERT INTO task_logs (id, task_id, attempt, level, message, logged_at, run_id)
            SELECT r.id, r.task_id, r.attempt, r.level, r.message, r.logged_at, tasks.run_id
            FROM \(rows, as: "r") JOIN tasks ON tasks.id = r.task_id
                AND (tasks.finished_at IS NULL OR tasks.finished_at > \(now - grace))
            """)
    }

    /// Ids are given out before the commit: two processes that wrote lines of one run at once could commit the higher ones first. So the
    /// second waits for the first before it asks for ids. Always in one order, and before any other lock.
    private static func queueUp(_ runs: Set<Int64>, _ connection: any Connection) throws {
        guard connection.dialect == .postgres, !runs.isEmpty else { return }
        // Locks have names of 32 bits; two runs that share one wait for each other now and then.
        let names = RowSet(ids: Set(runs.map { $0 % Int64(Int32.max) }).sorted())
        _ = try connection.rows("SELECT pg_advisory_xact_lock(\(lockSpace)::int, r.id::int) FROM \(names, as: "r")") { _ in }
    }

    /// Tells these locks from those of others.
    private static let lockSpace: Int64 = 0x6C6F67

    /// Accepted from the claim that holds the task or held it last; an older claim's progress changes nothing, nor does what the
    /// same claim said before what is stored. In the order of the tasks: two processes may know something about the same ones.
    package static func store(_ progress: [Progress], now: Int64, on connection: any Connection) throws {
        var rows = RowSet(
            [.bigint("task_id"), .bigint("claim"), .double("fraction"), .text("message"), .bigint("at")], capacity: progress.count)
        for item in progress.sorted(by: { $0.task < $1.task }) {
            rows.append([.int(item.task), .int(item.claim), .double(item.fraction), .text(item.message), .int(item.at)])
        }
        try connection.forEach(
            rows,
            """
            INSERT INTO task_progress (task_id, claim, fraction, message, updated_at)
            SELECT r.task_id, r.claim, r.fraction, r.message, r.at
            FROM \(rows, as: "r") JOIN tasks ON tasks.id = r.task_id AND tasks.claim = r.claim
                AND (tasks.finished_at IS NULL OR tasks.finished_at > \(now - grace)) WHERE true
            ORDER BY r.task_id
            ON CONFLICT (task_id) DO UPDATE
            SET claim = excluded.claim, fraction = excluded.fraction, message = excluded.message, updated_at = excluded.updated_at
            WHERE task_progress.claim < excluded.claim OR task_progress.updated_at < excluded.updated_at
            """)
    }
}
