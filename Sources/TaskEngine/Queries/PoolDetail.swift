/// A pool over all live workers.
package struct PoolDetail: Sendable, Equatable {
    /// As queues and settings name it.
    package let name: String
    /// What each process was started with, the largest where they differ; nil when no live worker serves the pool.
    package let configuredLimit: Int?
    /// What was set instead while they run; nil when nothing was.
    package let limitOverride: Int?
    /// Sum of the limits that the live workers go by now; 0 when none serves the pool. Follows ``limit`` within seconds.
    package let slots: Int
    /// Tasks of all tenants that run in its queues.
    package let running: Int
    /// Live workers that serve it.
    package let workers: Int

    /// How many of its tasks one process runs at once; 0 when no live worker serves it and nothing was set.
    package var limit: Int { limitOverride ?? configuredLimit ?? 0 }

    init(name: String, configuredLimit: Int? = nil, limitOverride: Int? = nil, slots: Int = 0, running: Int = 0, workers: Int = 0) {
        self.name = name
        self.configuredLimit = configuredLimit
        self.limitOverride = limitOverride
        self.slots = slots
        self.running = running
        self.workers = workers
    }
}
