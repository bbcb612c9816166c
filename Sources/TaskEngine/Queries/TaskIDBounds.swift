import Storage

/// Finds where in a tenant's ids a time lies, by bisection: some thirty seeks instead of an index on the time, which every
/// submit would pay for.
///
/// Ids rise with time except where clocks were set or processes' clocks differ; the bounds allow for ``slack`` of that, and
/// the caller compares the times themselves as well.
enum TaskIDBounds {
    /// Ten minutes in microseconds.
    static let slack: Int64 = 600_000_000

    /// No task created at `time` or later has a lower id. 0 when the tenant has no tasks.
    static func lowest(createdFrom time: Int64, tenant: String, on connection: any Connection) throws -> Int64 {
        guard let last = try lastID(tenant, connection) else { return 0 }
        return try first(createdFrom: time - slack, last: last) { try next(from: $0, tenant: tenant, connection) }
    }

    /// Every task created before `time` has a lower id; nil when that is true of all.
    static func end(createdBefore time: Int64, tenant: String, on connection: any Connection) throws -> Int64? {
        guard let last = try lastID(tenant, connection) else { return nil }
        let end = try first(createdFrom: time + slack, last: last) { try next(from: $0, tenant: tenant, connection) }
        return end > last ? nil : end
    }

    /// The first id of a task created at `time` or later; one more than `last` when there is none.
    /// - Parameter next: the first task with this id or a higher one, with the time it was created.
    static func first(
        createdFrom time: Int64, last: Int64, next: (Int64) throws -> (id: Int64, createdAt: Int64)?
    ) throws -> Int64 {
        var low: Int64 = 0
        var high = last + 1
        while low < high {
            let middle = low + (high - low) / 2
            guard let task = try next(middle), task.createdAt < time else {
                high = middle
                continue
            }
            low = task.id + 1
        }
        return low
    }

    private static func lastID(_ tenant: String, _ connection: any Connection) throws -> Int64? {
        try connection.row("SELECT id FROM tasks WHERE tenant = \(tenant) ORDER BY id DESC LIMIT 1") { $0.int(0) }
    }

    private static func next(from id: Int64, tenant: String, _ connection: any Connection) throws -> (id: Int64, createdAt: Int64)? {
        try connection.row("SELECT id, created_at FROM tasks WHERE tenant = \(tenant) AND id >= \(id) ORDER BY id LIMIT 1") {
            ($0.int(0), $0.int(1))
        }
    }
}
