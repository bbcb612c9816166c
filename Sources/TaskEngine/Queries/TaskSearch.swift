import Storage

/// The way from a filter to the rows of tasks: what a list is read from, and the conditions on it.
///
/// ``source`` names the tasks `t`; ``id`` is the column that holds their ids in the order they are read in, so that bounds and
/// the order by id belong there.
struct TaskSearch {
    /// What follows FROM.
    let source: SQL
    /// The task's id in the table that leads.
    let id: SQL
    /// Everything the filter asks for but the times, beginning with the tenant.
    let conditions: SQL

    /// How far candidates to lead are counted.
    private static let mostCounted = 1000

    /// An index for SQLite to lead with.
    struct Way {
        let hint: SQL
        /// True of every task, and needed to seek in the index.
        var condition: SQL = ""
    }

    /// - Parameter plain: what leads when the filter has neither a unique key nor labels.
    init(_ filter: TaskFilter, tenant: String, plain: () throws -> Way, on connection: any Connection) throws {
        var lead = try Self.lead(filter, tenant: tenant, plain: plain, connection)
        if filter.uniqueKey == nil, !filter.labels.isEmpty, connection.dialect == .postgres { lead = .label(0) }
        if let run = filter.run { lead = .run(run) }
        var conditions: SQL = "t.tenant = \(tenant)"
        switch lead {
        case .index(let way):
            source = "tasks AS t\(fragment: way.hint)"
            id = "t.id"
            conditions += way.condition
        case .run(let run):
            // A run is 100,000 tasks at most, which are sorted. PostgreSQL would rather go down the ids of all tasks to find them.
            source =
                connection.dialect == .sqlite
                ? "tasks AS t INDEXED BY tasks_of_run" : "(SELECT * FROM tasks WHERE run_id = \(run) OFFSET 0) AS t"
            id = "t.id"
            conditions += " AND t.run_id = \(run)"
        case .label(let index):
            // SQLite reads the tables of a CROSS JOIN in their order. PostgreSQL chooses an order itself.
            source = "task_labels AS l \(sqlite: "CROSS JOIN", postgres: "JOIN") tasks AS t ON t.id = l.task_id"
            id = "l.task_id"
            conditions += " AND l.tenant = \(tenant) AND l.label = \(filter.labels[index])"
        }
        if let state = filter.state { conditions += Self.stateIs(state) }
        if let type = filter.type { conditions += " AND t.type = \(type)" }
        if let queue = filter.queue { conditions += " AND t.queue = \(queue)" }
        if let key = filter.uniqueKey { conditions += " AND t.unique_key = \(key)" }
        for (index, label) in filter.labels.enumerated() where lead.labelIndex != index {
            conditions +=
                " AND EXISTS (SELECT 1 FROM task_labels AS e WHERE e.tenant = \(tenant) AND e.label = \(label) AND e.task_id = \(fragment: id))"
        }
        self.conditions = conditions
    }

    private enum Lead {
        /// The tasks themselves.
        case index(Way)
        /// The tasks of this workflow run.
        case run(Int64)
        /// The rows of this label.
        case label(Int)

        var labelIndex: Int? {
            if case .label(let index) = self { index } else { nil }
        }
    }

    /// What is rarest leads, as far as it is cheap to know: the rest is looked up task by task.
    private static func lead(
        _ filter: TaskFilter, tenant: String, plain: () throws -> Way, _ connection: any Connection
    ) throws -> Lead {
        guard connection.dialect == .sqlite else { return .index(Way(hint: "")) }
        if filter.uniqueKey != nil { return .index(Way(hint: " INDEXED BY tasks_keyed")) }
        if filter.labels.isEmpty { return .index(try plain()) }
        var rarest = (lead: Lead.label(0), count: try count(label: filter.labels[0], tenant: tenant, connection))
        for (index, label) in filter.labels.enumerated().dropFirst() {
            let count = try count(label: label, tenant: tenant, connection)
            if count < rarest.count { rarest = (.label(index), count) }
        }
        if filter.state == .failed, case let count = try countFailed(tenant, connection), count < rarest.count {
            rarest = (.index(Way(hint: " INDEXED BY tasks_dead")), count)
        }
        if let type = filter.type, case let count = try count(type: type, tenant: tenant, connection), count < rarest.count {
            rarest = (.index(Way(hint: " INDEXED BY tasks_of_type")), count)
        }
        return rarest.lead
    }

    private static func count(label: String, tenant: String, _ connection: any Connection) throws -> Int64 {
        try connection.row(
            """
            SELECT COUNT(*) FROM (
                SELECT 1 FROM task_labels WHERE tenant = \(tenant) AND label = \(label) LIMIT \(mostCounted)) AS found
            """
        ) { $0.int(0) } ?? 0
    }

    private static func countFailed(_ tenant: String, _ connection: any Connection) throws -> Int64 {
        try connection.row(
            """
            SELECT COUNT(*) FROM (
                SELECT 1 FROM tasks INDEXED BY tasks_dead WHERE state = 'failed' AND tenant = \(tenant) LIMIT \(mostCounted)) AS found
            """
        ) { $0.int(0) } ?? 0
    }

    private static func count(type: String, tenant: String, _ connection: any Connection) throws -> Int64 {
        try connection.row(
            """
            SELECT COUNT(*) FROM (
                SELECT 1 FROM tasks INDEXED BY tasks_of_type WHERE tenant = \(tenant) AND type = \(type) LIMIT \(mostCounted)) AS found
            """
        ) { $0.int(0) } ?? 0
    }

    /// Literals: a bound state would match no partial index.
    private static func stateIs(_ state: TaskState) -> SQL {
        switch state {
        case .waiting: " AND t.state = 'waiting'"
        case .scheduled: " AND t.state = 'scheduled'"
        case .queued: " AND t.state = 'queued'"
        case .running: " AND t.state = 'running'"
        case .succeeded: " AND t.state = 'succeeded'"
        case .failed: " AND t.state = 'failed'"
        case .cancelled: " AND t.state = 'cancelled'"
        case .skipped: " AND t.state = 'skipped'"
        }
    }
}
