import Storage

extension TaskService {
    /// Sets how many of the pool's tasks each process runs at once, or with nil removes what was set. Committed when this
    /// returns; every process adopts it within 5 s, this one at once. Running work is left alone.
    /// - Parameter limit: at most ``PoolSetup/largestLimit``; 0 starts nothing more.
    /// - Returns: the pool as it stands now; nil when nobody knows it.
    /// - Throws: ``StorageError`` when nothing was written.
    package func setLimit(ofPool pool: String, _ limit: Int?) async throws -> PoolDetail? {
        let now = now()
        let pool = try await database.write { connection -> PoolDetail? in
            guard try PoolSetup.setLimit(pool: pool, limit, now: now, on: connection) else { return nil }
            // With the limit the last trace of the pool may have gone.
            return try ReadPools.one(pool, on: connection) ?? PoolDetail(name: pool)
        }
        if pool != nil { hub.announcePools() }
        return pool
    }

    /// Pauses or resumes a queue for one tenant on every process: its running tasks go on, nothing new of it is claimed.
    /// - Returns: false when there is no such queue.
    package func setPaused(queue: String, tenant: String, _ isPaused: Bool) async throws -> Bool {
        let now = now()
        let exists = try await database.write {
            try QueuePauses.setPaused(queue: queue, tenant: tenant, isPaused, now: now, on: $0)
        }
        if exists, !isPaused { hub.announceReady() }
        return exists
    }
}
