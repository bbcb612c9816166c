import Storage

/// Finds the tasks that a bulk operation is about, oldest first, in short reads.
///
/// Each read looks at a window of the narrowest index that the filter allows, and so costs the same whether it finds much or
/// nothing. Whether a task may be changed is decided later, under its lock.
struct BulkCandidates: Sendable {
    /// Index entries that one read looks at.
    static let window = 5000

    /// What a read found.
    struct Found: Sendable {
        /// Ascending.
        var ids: [Int64]
        /// Everything up to here has been looked at.
        var lookedTo: Int64
        /// Whether there is nothing after it.
        var isEnd: Bool
    }

    private let filter: BulkFilter
    private let states: [TaskState]
    private let tenant: String
    private let labels: [String]
    private let ids: [Int64]?
    /// The operation's own id: what was submitted after it is not its business.
    private let end: Int64
    private let lowest: Int64

    /// - Parameter operation: tasks with higher ids do not match.
    init(_ action: BulkAction, _ filter: BulkFilter, tenant: String, before operation: Int64, on connection: any Connection) throws {
        self.filter = filter
        self.tenant = tenant
        labels = filter.labels
        ids = filter.ids.map { Set($0).sorted() }
        states = filter.state.map { [$0] } ?? (filter.ids == nil ? action.usualStates : TaskState.allCases)
        let bound = try filter.before.flatMap { try TaskIDBounds.end(createdBefore: $0, tenant: tenant, on: connection) }
        end = min(operation, bound ?? operation)
        lowest = try filter.after.map { try TaskIDBounds.lowest(createdFrom: $0, tenant: tenant, on: connection) } ?? 0
    }

    /// The next at most `limit` tasks above `id`; fewer, or none, when a window holds no more.
    func next(above id: Int64, limit: Int, on connection: any Connection) throws -> Found {
        let place = try place(above: id, limit: ids == nil ? Self.window : limit, connection)
        guard place.upTo > place.above else { return Found(ids: [], lookedTo: max(id, place.upTo), isEnd: true) }
        let found = try connection.rows(
            "SELECT t.id FROM \(fragment: source) WHERE \(fragment: conditions(place)) ORDER BY t.id LIMIT \(limit)"
        ) { $0.int(0) }
        if found.count == limit, let last = found.last { return Found(ids: found, lookedTo: last, isEnd: false) }
        return Found(ids: found, lookedTo: place.upTo, isEnd: place.isLast)
    }

    /// How many tasks match among the next window's, and where it ends.
    func count(above id: Int64, on connection: any Connection) throws -> (count: Int, lookedTo: Int64, isEnd: Bool) {
        let place = try place(above: id, limit: Self.window, connection)
        guard place.upTo > place.above else { return (0, max(id, place.upTo), true) }
        let count = try connection.row("SELECT COUNT(*) FROM \(fragment: source) WHERE \(fragment: conditions(place))") { Int($0.int(0)) }
        return (count ?? 0, place.upTo, place.isLast)
    }

    // MARK: - Windows

    private struct Place {
        let above: Int64
        let upTo: Int64
        let isLast: Bool
        var ids: RowSet?
    }

    private func place(above id: Int64, limit: Int, _ connection: any Connection) throws -> Place {
        let above = max(id, lowest - 1)
        if let ids {
            let next = ids.drop { $0 <= above }.prefix { $0 < end }
            let part = next.prefix(limit)
            return Place(above: above, upTo: part.last ?? above, isLast: part.count == next.count, ids: RowSet(ids: Array(part)))
        }
        let window = try connection.row(
            """
            SELECT MAX(w.id), COUNT(*) FROM (
                SELECT \(fragment: key) AS id FROM \(fragment: walked) WHERE \(fragment: walk) AND \(fragment: key) > \(above)
                    AND \(fragment: key) < \(end) ORDER BY \(fragment: key) LIMIT \(limit)) AS w
            """
        ) { (last: $0.intOrNil(0), count: Int($0.int(1))) }
        return Place(above: above, upTo: window?.last ?? above, isLast: (window?.count ?? 0) < limit)
    }

    // MARK: - SQL

    /// The index that is walked, and its order. The states that have one of their own come first: they are few.
    private var walked: SQL {
        if !labels.isEmpty { return "task_labels AS l" }
        if filter.uniqueKey != nil { return "tasks AS t\(sqlite: " INDEXED BY tasks_keyed", postgres: "")" }
        switch states {
        case [.failed]: return "tasks AS t\(sqlite: " INDEXED BY tasks_dead", postgres: "")"
        case [.cancelled]: return "tasks AS t\(sqlite: " INDEXED BY tasks_cancelled", postgres: "")"
        case [.skipped]: return "tasks AS t\(sqlite: " INDEXED BY tasks_skipped", postgres: "")"
        case [.waiting]: return "tasks AS t\(sqlite: " INDEXED BY tasks_waiting", postgres: "")"
        case _ where filter.type != nil: return "tasks AS t\(sqlite: " INDEXED BY tasks_of_type", postgres: "")"
        default: return "tasks AS t\(sqlite: " INDEXED BY tasks_of_tenant", postgres: "")"
        }
    }

    private var key: SQL { labels.isEmpty ? "t.id" : "l.task_id" }

    /// What the walked index is cut down by, apart from the window.
    private var walk: SQL {
        if let label = labels.first { return "l.tenant = \(tenant) AND l.label = \(label)" }
        if let uniqueKey = filter.uniqueKey { return "t.tenant = \(tenant) AND t.unique_key = \(uniqueKey)" }
        if Self.indexed.contains(states) { return "t.tenant = \(tenant) AND \(fragment: stateIs)" }
        if let type = filter.type { return "t.tenant = \(tenant) AND t.type = \(type)" }
        return "t.tenant = \(tenant)"
    }

    private var source: SQL {
        if ids != nil { return "tasks AS t" }
        return labels.isEmpty ? walked : "task_labels AS l CROSS JOIN tasks AS t"
    }

    private func conditions(_ place: Place) -> SQL {
        var conditions: SQL =
            "t.tenant = \(tenant) AND \(fragment: stateIs) AND t.type <> 'tasks.retry_matching' AND t.type <> 'tasks.cancel_matching'"
        if let ids = place.ids {
            conditions += " AND t.id IN (SELECT r.id FROM \(ids, as: "r"))"
        } else {
            conditions += " AND \(fragment: walk) AND \(fragment: key) > \(place.above) AND \(fragment: key) <= \(place.upTo)"
            if !labels.isEmpty { conditions += " AND t.id = l.task_id" }
        }
        if let type = filter.type { conditions += " AND t.type = \(type)" }
        if let queue = filter.queue { conditions += " AND t.queue = \(queue)" }
        if let uniqueKey = filter.uniqueKey { conditions += " AND t.unique_key = \(uniqueKey)" }
        if let time = filter.after { conditions += " AND t.created_at >= \(time)" }
        if let time = filter.before { conditions += " AND t.created_at < \(time)" }
        for label in ids == nil ? labels[...].dropFirst() : labels[...] {
            conditions +=
                " AND EXISTS (SELECT 1 FROM task_labels AS o WHERE o.tenant = \(tenant) AND o.label = \(label) AND o.task_id = t.id)"
        }
        return conditions
    }

    /// States with an index of their own, by tenant and id.
    private static let indexed: [[TaskState]] = [[.failed], [.cancelled], [.skipped], [.waiting]]

    /// Literals: a bound state would match no partial index.
    private var stateIs: SQL {
        switch states {
        case [.failed]: "t.state = 'failed'"
        case [.cancelled]: "t.state = 'cancelled'"
        case [.skipped]: "t.state = 'skipped'"
        case [.waiting]: "t.state = 'waiting'"
        case [.scheduled]: "t.state = 'scheduled'"
        case [.queued]: "t.state = 'queued'"
        case [.running]: "t.state = 'running'"
        case BulkAction.cancel.states: "t.finished_at IS NULL"
        default: "true"
        }
    }
}
