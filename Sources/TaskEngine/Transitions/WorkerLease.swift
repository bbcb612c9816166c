package import Storage

/// The life of a worker row: registered, beating, stopped or declared dead. A dead id never lives again.
package enum WorkerLease {
    /// What a process says of itself when it registers.
    package struct Registration: Sendable {
        /// For people; need not be unique.
        package var name: String
        /// The machine's name, for people.
        package var host: String
        /// Process id on that machine.
        package var pid: Int32
        /// JSON object: the limits it goes by, by pool.
        package var pools: String
        /// JSON object: the limits it was started with; nil when they are the same.
        package var configuredPools: String?
        /// JSON array of queue names; `["*"]` is all.
        package var queues: String
        /// JSON array of task type names.
        package var types: String

        package init(
            name: String, host: String, pid: Int32, pools: String, configuredPools: String? = nil, queues: String, types: String
        ) {
            self.name = name
            self.host = host
            self.pid = pid
            self.pools = pools
            self.configuredPools = configuredPools
            self.queues = queues
            self.types = types
        }
    }

    /// Inserts a live worker and returns its new id.
    package static func register(_ worker: Registration, now: Int64, on connection: any Connection) throws -> Int64 {
        let id = try connection.allocateID()
        try connection.execute(
            """
            INSERT INTO workers (id, name, host, pid, state, beat, started_at, seen_at, pools, configured_pools, queues, types)
            VALUES (\(id), \(worker.name), \(worker.host), \(Int64(worker.pid)), 'live', 1, \(now), \(now), \(worker.pools),
                \(worker.configuredPools), \(worker.queues), \(worker.types))
            """)
        return id
    }

    /// Raises the counter that observers watch.
    /// - Returns: false when the worker was declared dead: its claims are gone, it must take a new id.
    package static func beat(_ worker: Int64, now: Int64, on connection: any Connection) throws -> Bool {
        try connection.execute(
            "UPDATE workers SET beat = beat + 1, seen_at = \(now) WHERE id = \(worker) AND state IN ('live', 'draining')") == 1
    }

    /// The limits of pools that the worker goes by from now on, as a JSON object. Nothing depends on it but what people see.
    package static func setPools(_ worker: Int64, _ pools: String, on connection: any Connection) throws {
        try connection.execute("UPDATE workers SET pools = \(pools) WHERE id = \(worker) AND state IN ('live', 'draining')")
    }

    /// No more claims, running work goes on: shutdown has begun.
    package static func drain(_ worker: Int64, on connection: any Connection) throws {
        try connection.execute("UPDATE workers SET state = 'draining' WHERE id = \(worker) AND state = 'live'")
    }

    /// The process ends in order and holds nothing any more.
    package static func stop(_ worker: Int64, now: Int64, on connection: any Connection) throws {
        try connection.execute(
            "UPDATE workers SET state = 'stopped', seen_at = \(now) WHERE id = \(worker) AND state IN ('live', 'draining')")
    }

    /// One line of what observers watch.
    package struct Beat: Sendable, Equatable {
        /// The worker's id.
        package var worker: Int64
        /// Its counter.
        package var count: Int64

        /// A line as it was read.
        package init(worker: Int64, count: Int64) {
            self.worker = worker
            self.count = count
        }
    }

    /// The counters of all workers that are not known to have ended.
    package static func beats(on connection: any Connection) throws -> [Beat] {
        try connection.rows("SELECT id, beat FROM workers WHERE state IN ('live', 'draining') ORDER BY id") {
            Beat(worker: $0.int(0), count: $0.int(1))
        }
    }

    /// Tasks this worker runs whose cancellation was asked for.
    package static func cancelRequests(worker: Int64, on connection: any Connection) throws -> [Int64] {
        try connection.rows(
            "SELECT id FROM tasks WHERE state = 'running' AND worker = \(worker) AND cancel_requested_at IS NOT NULL ORDER BY id"
        ) { $0.int(0) }
    }
}
