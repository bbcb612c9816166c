import JSONText

/// A worker that is not known to have ended.
package struct WorkerDetail: Sendable {
    /// What its claims name. A process that lost its lease has a new one.
    package let id: Int64
    /// For people; need not be unique.
    package let name: String
    /// The machine it runs on, as it calls itself.
    package let host: String
    /// Its process there.
    package let pid: Int64
    /// Whether its shutdown has begun.
    package let isDraining: Bool
    /// Microseconds since 1970.
    package let startedAt: Int64
    /// Its last heartbeat by its own clock, microseconds since 1970.
    package let seenAt: Int64
    /// JSON object: the limits it goes by, by pool.
    package let pools: String
    /// JSON array: queues served, `["*"]` for all.
    package let queues: String
    /// JSON array: task types.
    package let types: String
    /// JSON object: the limits it was started with; nil when they are the same.
    package let configuredPools: String?
    /// Tasks it runs, of all tenants.
    package let running: Int

    /// The limits it goes by, by pool; empty when ``pools`` is not what a worker writes.
    package var poolLimits: [(name: String, limit: Int)] { Self.limits(pools) }
    /// The limits it was started with, by pool.
    package var configuredLimits: [(name: String, limit: Int)] { Self.limits(configuredPools ?? pools) }

    private static func limits(_ json: String) -> [(name: String, limit: Int)] {
        StoredJSON.members(json).compactMap { member in member.value.int64.map { (member.key, Int($0)) } }
    }
}
