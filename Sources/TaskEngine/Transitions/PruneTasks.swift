package import Storage

/// Deletes tasks that ended long enough ago, with everything that hangs on them.
///
/// Before the commit a task is there as it was; after it nothing of it is. An unfinished task is never deleted, nor one that
/// was brought back while this was under way: the rows are locked and looked at again first, and those that another
/// transaction holds are passed over. A task whose log is long loses it in pieces before it goes itself; one that is
/// redriven in between has lost the beginning of it. Nodes of workflow runs go with their run (``PruneRuns``). A unique key goes too, unless its window lasts (``PruneUniqueKeys``).
package enum PruneTasks {
    /// Most tasks in one transaction.
    package static let largestSlice = 250
    /// Most log lines in one transaction.
    static let mostLogLines = 500

    /// Tasks that ended before these times (microseconds since 1970) are not kept.
    package struct Cutoffs: Sendable, Equatable {
        let succeeded: Int64
        /// Of skipped tasks as well.
        let cancelled: Int64
        let failed: Int64

        /// What `retention` means at `now`. Nothing ended before the earliest time there is: such tasks are kept for ever.
        package init(_ retention: Retention, now: Int64) {
            succeeded = retention.succeeded?.before(now) ?? .min
            cancelled = retention.cancelled?.before(now) ?? .min
            failed = retention.failed?.before(now) ?? .min
        }

        /// Whether a task in `state` that ended at `finishedAt` may go.
        func cover(_ state: TaskState, finishedAt: Int64) -> Bool {
            switch state {
            case .waiting, .scheduled, .queued, .running: false
            case .succeeded: finishedAt < succeeded
            case .cancelled, .skipped: finishedAt < cancelled
            case .failed: finishedAt < failed
            }
        }
    }

    /// What one transaction did.
    package struct Result: Sendable, Equatable {
        /// Tasks deleted.
        package var deleted: Int
        /// The tasks' logs were too long for one transaction: call again with the same ids.
        package var isCutShort: Bool

        /// Nothing deleted unless given.
        package init(deleted: Int = 0, isCutShort: Bool = false) {
            self.deleted = deleted
            self.isCutShort = isCutShort
        }
    }

    /// Deletes those of `ids`, at most ``largestSlice``, that may go.
    package static func prune(_ ids: [Int64], _ cutoffs: Cutoffs, now: Int64, on connection: any Connection) throws -> Result {
        let locked = try lock(ids, cutoffs, connection)
        guard let slice = PruneSlice(locked.map(\.id)) else { return Result() }
        if try deleteLogs(of: slice, connection) == mostLogLines { return Result(isCutShort: true) }
        guard try PruneArtifacts.prune(locked.map(\.id), on: connection) else { return Result(isCutShort: true) }
        if let keyed = PruneSlice(locked.filter(\.hasKey).map(\.id)) { try keyed.deleteUniqueKeys(now: now, connection) }
        for table in PruneSlice.Table.allCases where try slice.hasRows(in: table, connection) { try slice.delete(from: table, connection) }
        return Result(deleted: try slice.deleteTasks(connection))
    }

    private static func lock(_ ids: [Int64], _ cutoffs: Cutoffs, _ connection: any Connection) throws -> [(id: Int64, hasKey: Bool)] {
        guard let first = ids.min(), let last = ids.max() else { return [] }
        let rows = RowSet(ids: ids)
        // CROSS JOIN keeps SQLite from reading a partial index of tasks instead of the ids at hand.
        return try connection.rows(
            """
            SELECT t.id, CASE WHEN t.unique_key IS NULL THEN 0 ELSE 1 END FROM \(rows, as: "r") CROSS JOIN tasks AS t
            WHERE t.id = r.id AND t.run_id IS NULL AND t.id >= \(first) AND t.id <= \(last) AND ((t.state = 'succeeded' AND t.finished_at < \(cutoffs.succeeded))
                OR (t.state IN ('cancelled', 'skipped') AND t.finished_at < \(cutoffs.cancelled))
                OR (t.state = 'failed' AND t.finished_at < \(cutoffs.failed)))
            ORDER BY t.id\(lock: .updateSkipLocked)
            """
        ) { (id: $0.int(0), hasKey: $0.bool(1)) }
    }

    static func deleteLogs(of slice: PruneSlice, _ connection: any Connection) throws -> Int {
        guard try slice.hasLogs(connection) else { return 0 }
        return try connection.execute(
            """
            DELETE FROM task_logs WHERE id IN (
                SELECT l.id FROM \(slice.rows, as: "r") CROSS JOIN task_logs AS l WHERE l.task_id = r.id LIMIT \(mostLogLines))
            """)
    }
}

extension RowSet {
    /// One column `id`.
    init(ids: [Int64]) {
        self.init([.bigint("id")], capacity: ids.count)
        for id in ids { append([.int(id)]) }
    }
}
