package import Storage

/// Forgets processes that ended long ago. An attempt that is kept longer than they are (its task was redriven, or runs for
/// weeks) then shows its worker's id without a name.
package enum PruneWorkers {
    /// Most rows in one transaction.
    package static let largestSlice = 250

    /// Deletes workers that stopped or died and were last seen before `time`. One that a running task still names is kept
    /// until that task is rescued.
    /// - Returns: how many.
    package static func prune(seenBefore time: Int64, on connection: any Connection) throws -> Int {
        try connection.execute(
            """
            DELETE FROM workers WHERE id IN (
                SELECT w.id FROM workers AS w
                WHERE w.state IN ('stopped', 'dead') AND w.seen_at < \(time)
                    AND NOT EXISTS (SELECT 1 FROM tasks AS t WHERE t.state = 'running' AND t.worker = w.id)
                ORDER BY w.id LIMIT \(largestSlice)\(lock: .updateSkipLocked))
            """)
    }
}
