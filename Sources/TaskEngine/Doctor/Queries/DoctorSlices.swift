import Storage

/// Cuts all ids into ranges that one short read can look at.
enum DoctorSlices {
    /// Keeps PostgreSQL from starting processes and compilers for reads of some milliseconds each: that takes longer than they do.
    static func prepare(_ connection: any Connection) throws {
        guard connection.dialect == .postgres else { return }
        _ = try connection.rows(
            "SELECT set_config('max_parallel_workers_per_gather', '0', true), set_config('jit', 'off', true)"
        ) { _ in }
    }

    /// The range of ids that holds the next `count` tasks above `id`, and how many there are; nil when there are none.
    static func next(after id: Int64, count: Int, on connection: any Connection) throws -> (range: ClosedRange<Int64>, count: Int)? {
        let found = try connection.row(
            "SELECT MAX(s.id), COUNT(*) FROM (SELECT t.id FROM tasks AS t WHERE t.id > \(id) ORDER BY t.id LIMIT \(count)) AS s"
        ) { (last: $0.intOrNil(0), count: Int($0.int(1))) }
        guard let found, let last = found.last else { return nil }
        return (id + 1...last, found.count)
    }
}
