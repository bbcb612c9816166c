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
    /// JSON object: pool limits.
    package let pools: String
    /// JSON array: queues served, `["*"]` for all.
    package let queues: String
    /// JSON array: task types.
    package let types: String
    /// Tasks it runs, of all tenants.
    package let running: Int

    /// Its pools and their limits, by name; empty when ``pools`` is not what a worker writes.
    package var poolLimits: [(name: String, limit: Int)] {
        guard let document = try? JSONDocument(parsing: pools) else { return [] }
        return document.root.members.compactMap { member in member.value.int64.map { (member.key, Int($0)) } }
    }
}

/// A pool over all live workers.
package struct PoolDetail: Sendable, Equatable {
    /// As queues and settings name it.
    package let name: String
    /// Sum of the limits of the live workers that serve it; 0 when none does.
    package let limit: Int
    /// Tasks of all tenants that run in its queues.
    package let running: Int
    /// Live workers that serve it.
    package let workers: Int
}
