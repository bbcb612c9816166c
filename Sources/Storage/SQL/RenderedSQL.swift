/// A statement as the driver sends it: `$1`-numbered text and its parameters in that order.
///
/// SQLite reads `$1` as a parameter's name and numbers names by first appearance; since each appears once and in order,
/// the number is the position on both databases.
struct RenderedSQL {
    enum Parameter {
        case value(SQLValue)
        /// One column of a ``RowSet`` as a PostgreSQL array.
        case array(RowSet, column: Int)
        /// A whole ``RowSet`` as JSON, for SQLite.
        case json(RowSet)
        /// Position within the current row of `forEach` on SQLite.
        case rowColumn(Int)
    }

    private(set) var text = ""
    private(set) var parameters: [Parameter] = []

    /// - Parameter perRow: SQLite only: the row set becomes one row of parameters, stepped for each row.
    init(_ sql: SQL, dialect: Dialect, perRow: Bool = false) {
        text.reserveCapacity(512)
        for part in sql.parts {
            switch part {
            case .literal(let literal): text += literal
            case .byDialect(let sqlite, let postgres): text += dialect == .sqlite ? sqlite : postgres
            case .value(let value): add(.value(value))
            case .rows(let rows, let alias):
                switch (dialect, perRow) {
                case (.postgres, _): addUnnest(rows, alias: alias)
                case (.sqlite, true): addSingleRow(rows, alias: alias)
                case (.sqlite, false): addJSONEach(rows, alias: alias)
                }
            }
        }
    }

    private mutating func add(_ parameter: Parameter) {
        parameters.append(parameter)
        text += "$\(parameters.count)"
    }

    private mutating func addUnnest(_ rows: RowSet, alias: String) {
        text += "unnest("
        for (index, column) in rows.columns.enumerated() {
            if index > 0 { text += ", " }
            add(.array(rows, column: index))
            text += "::" + Self.arrayType(of: column.kind)
        }
        text += ") AS \(alias)(" + rows.columns.map(\.name).joined(separator: ", ") + ")"
    }

    private mutating func addSingleRow(_ rows: RowSet, alias: String) {
        text += "(SELECT "
        for (index, column) in rows.columns.enumerated() {
            if index > 0 { text += ", " }
            add(.rowColumn(index))
            text += " AS \(column.name)"
        }
        text += ") AS \(alias)"
    }

    private mutating func addJSONEach(_ rows: RowSet, alias: String) {
        text += "(SELECT "
        for (index, column) in rows.columns.enumerated() {
            if index > 0 { text += ", " }
            text += "json_extract(value, '$[\(index)]') AS \(column.name)"
        }
        text += " FROM json_each("
        add(.json(rows))
        text += ")) AS \(alias)"
    }

    private static func arrayType(of kind: RowSet.Column.Kind) -> String {
        switch kind {
        case .bigint: "bigint[]"
        case .text: "text[]"
        case .double: "double precision[]"
        }
    }
}
