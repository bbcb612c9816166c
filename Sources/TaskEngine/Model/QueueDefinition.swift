/// A queue and its place: `name:pool*weight`, as settings write it.
package struct QueueDefinition: Sendable, Equatable {
    /// Unique.
    package var name: String
    /// The concurrency limit it shares with other queues of the same pool.
    package var pool: String
    /// A share of the pool's slots, at least 1.
    package var weight: Int
    /// How many tenants have paused it for themselves. Known of queues that were read from the database.
    package var tenantPauses = 0

    /// A queue in its place; nothing is checked here.
    package init(name: String, pool: String, weight: Int) {
        self.name = name
        self.pool = pool
        self.weight = weight
    }
}
