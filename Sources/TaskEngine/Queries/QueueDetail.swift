/// One queue, with what one tenant has in it.
package struct QueueDetail: Sendable {
    /// Unique on the platform.
    package let name: String
    /// The pool whose slots it shares.
    package let pool: String
    /// Its share of the pool's slots, relative to the other queues of the pool.
    package let weight: Int
    /// Whether nothing of it is started on any process.
    package let isPaused: Bool
    /// Whether nothing of this tenant's is started from it.
    package let isPausedForTenant: Bool
    /// The tenant's ready tasks.
    package let queued: LimitedCount
    /// The tenant's tasks whose time lies ahead.
    package let scheduled: LimitedCount
    /// The tenant's running tasks.
    package let running: LimitedCount
    /// Unfinished tasks of all other tenants.
    package let others: LimitedCount
    /// When the tenant's oldest ready task became ready, microseconds since 1970; nil when none is.
    package let oldestReadyAt: Int64?
}
