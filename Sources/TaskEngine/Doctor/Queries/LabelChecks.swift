import Storage

/// Labels are made of tags and metadata: what lists find a task by must be what the task says.
enum LabelChecks {
    /// - Parameter range: the tasks to look at.
    static func look(_ range: ClosedRange<Int64>, on connection: any Connection) throws -> [Finding] {
        var expected = try wanted(range, connection)
        for row in try stored(range, connection) {
            // A task without tags and metadata has none; one that is gone is another check's business.
            expected[row.task, default: Labels()].stored.insert(row.label)
        }
        return expected.filter { $0.value.stored != $0.value.wanted }.keys.sorted().map { task in
            Finding(
                .labelsDisagree, task: task,
                "the labels of task \(task) are not those of its tags and metadata: lists miss it or show it wrongly",
                repair:
                    "-- compare: SELECT l.label, p.tags, p.metadata FROM task_payloads AS p LEFT JOIN task_labels AS l USING (task_id) WHERE p.task_id = \(task)"
            )
        }
    }

    private struct Labels {
        var wanted: Set<String> = []
        var stored: Set<String> = []
    }

    /// A bulk operation keeps its progress where others have metadata.
    private static func wanted(_ range: ClosedRange<Int64>, _ connection: any Connection) throws -> [Int64: Labels] {
        let rows = try connection.rows(
            """
            SELECT p.task_id, t.tenant, p.tags, p.metadata FROM task_payloads AS p \(sqlite: "CROSS JOIN", postgres: "JOIN") tasks AS t ON t.id = p.task_id
            WHERE p.task_id >= \(range.lowerBound) AND p.task_id <= \(range.upperBound) AND (p.tags IS NOT NULL OR p.metadata IS NOT NULL)
                AND t.type NOT IN (\(BulkAction.retry.taskName), \(BulkAction.cancel.taskName))
            """
        ) { row in
            let labels = TaskLabel.all(tags: row.textOrNil(2), metadata: row.textOrNil(3))
            return (row.int(0), Labels(wanted: Set(labels.map { name(tenant: row.text(1), SQLValue.storable($0)) })))
        }
        return Dictionary(rows, uniquingKeysWith: { first, _ in first })
    }

    private static func stored(_ range: ClosedRange<Int64>, _ connection: any Connection) throws -> [(task: Int64, label: String)] {
        try connection.rows(
            """
            SELECT l.task_id, l.tenant, l.label FROM task_labels AS l
            WHERE l.task_id >= \(range.lowerBound) AND l.task_id <= \(range.upperBound)
                AND (SELECT 1 FROM tasks AS t WHERE t.id = l.task_id) = 1
            """
        ) { ($0.int(0), name(tenant: $0.text(1), $0.text(2))) }
    }

    /// A row of another tenant is as wrong as another label.
    private static func name(tenant: String, _ label: String) -> String { tenant + "\u{0}" + label }
}
