import Storage

/// Cuts all ids into ranges that one short read can look at.
enum DoctorSlices {
    /// The range of ids that holds the next `count` tasks above `id`; nil when there are none.
    static func next(after id: Int64, count: Int, on connection: any Connection) throws -> ClosedRange<Int64>? {
        let last = try connection.row(
            "SELECT MAX(s.id) FROM (SELECT t.id FROM tasks AS t WHERE t.id > \(id) ORDER BY t.id LIMIT \(count)) AS s"
        ) { $0.intOrNil(0) }
        guard let last = last ?? nil else { return nil }
        return id + 1...last
    }
}

extension DoctorSlices {
    /// Tasks in `range`.
    static func count(_ range: ClosedRange<Int64>, on connection: any Connection) throws -> Int {
        try connection.row("SELECT COUNT(*) FROM tasks AS t WHERE t.id >= \(range.lowerBound) AND t.id <= \(range.upperBound)") {
            Int($0.int(0))
        } ?? 0
    }
}
