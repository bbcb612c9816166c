import Storage

/// Running or scheduled tasks by queue, split into one tenant's and everybody else's. One scan of the partial index, which
/// does not hold the queue, so the limit is on the scan as a whole.
struct UnfinishedCounts {
    private let counts: [String: (own: Int, others: Int)]
    private let isCutShort: Bool

    /// This tenant's tasks in a queue.
    func own(_ queue: String) -> LimitedCount {
        LimitedCount(number: counts[queue]?.own ?? 0, hasMore: isCutShort)
    }

    /// All other tenants' tasks in a queue.
    func others(_ queue: String) -> LimitedCount {
        LimitedCount(number: counts[queue]?.others ?? 0, hasMore: isCutShort)
    }

    static func running(tenant: String, limit: Int, on connection: any Connection) throws -> UnfinishedCounts {
        let rows = try connection.rows(
            """
            SELECT held.queue, SUM(CASE WHEN held.tenant = \(tenant) THEN 1 ELSE 0 END), COUNT(*)
            FROM (SELECT t.queue, t.tenant FROM tasks AS t WHERE t.state = 'running' LIMIT \(limit + 1)) AS held
            GROUP BY held.queue
            """, decode)
        return UnfinishedCounts(rows, limit: limit)
    }

    static func scheduled(tenant: String, limit: Int, on connection: any Connection) throws -> UnfinishedCounts {
        let rows = try connection.rows(
            """
            SELECT ahead.queue, SUM(CASE WHEN ahead.tenant = \(tenant) THEN 1 ELSE 0 END), COUNT(*)
            FROM (SELECT t.queue, t.tenant FROM tasks AS t WHERE t.state = 'scheduled' LIMIT \(limit + 1)) AS ahead
            GROUP BY ahead.queue
            """, decode)
        return UnfinishedCounts(rows, limit: limit)
    }

    private init(_ rows: [(queue: String, own: Int, all: Int)], limit: Int) {
        counts = Dictionary(rows.map { ($0.queue, (own: $0.own, others: $0.all - $0.own)) }, uniquingKeysWith: { first, _ in first })
        isCutShort = rows.reduce(0) { $0 + $1.all } > limit
    }

    private static func decode(_ row: Row) -> (queue: String, own: Int, all: Int) {
        (row.text(0), Int(row.int(1)), Int(row.int(2)))
    }
}
