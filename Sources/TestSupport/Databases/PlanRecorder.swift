package import Storage

/// A connection that asks for the plan of every statement before it runs it.
package final class PlanRecorder: Connection {
    private let base: any Connection
    /// One plan per statement run, in order; each is the database's own lines.
    package private(set) var plans: [QueryPlan] = []

    /// - Parameter base: the connection that runs the statements.
    package init(_ base: any Connection) {
        self.base = base
    }

    /// That of the recorded connection.
    package var dialect: Dialect { base.dialect }

    /// Records the plan, then runs the statement.
    package func execute(_ sql: SQL) throws -> Int {
        try record(sql)
        return try base.execute(sql)
    }

    /// Records the plan, then runs the statement.
    package func rows<T>(_ sql: SQL, _ decode: (Row) throws -> T) throws -> [T] {
        try record(sql)
        return try base.rows(sql, decode)
    }

    /// Inserts and updates by primary key: not recorded, since SQLite runs another statement here than it explains.
    package func forEach(_ set: RowSet, _ sql: SQL) throws -> Int { try base.forEach(set, sql) }
    /// Runs the script; nothing is recorded.
    package func executeScript(_ trustedText: String) throws { try base.executeScript(trustedText) }
    /// Allocates; nothing is recorded.
    package func allocateIDs(_ count: Int) throws -> [Int64] { try base.allocateIDs(count) }

    private func record(_ sql: SQL) throws {
        switch base.dialect {
        case .sqlite:
            plans.append(QueryPlan(lines: try base.rows("EXPLAIN QUERY PLAN \(fragment: sql)") { $0.text(3) }))
        case .postgres:
            plans.append(QueryPlan(lines: try base.rows("EXPLAIN \(fragment: sql)") { $0.text(0) }))
        }
    }
}

/// How a database means to run a statement.
package struct QueryPlan: Sendable, CustomStringConvertible {
    /// What EXPLAIN said, line by line.
    package let lines: [String]

    /// - Parameter lines: what EXPLAIN said.
    package init(lines: [String]) {
        self.lines = lines
    }

    package var description: String { lines.joined(separator: "\n") }

    /// Lines that read `table` (or one of `aliases`) from end to end without any index. `SCAN t USING INDEX` with a LIMIT
    /// and PostgreSQL's index scans are none.
    package func fullScans(of table: String, aliases: [String] = []) -> [String] {
        lines.filter { line in
            let words = line.split(whereSeparator: { $0 == " " })
            if line.contains("Seq Scan on \(table)") { return true }
            guard let scan = words.firstIndex(of: "SCAN"), scan + 1 < words.count, !line.contains("USING") else { return false }
            return ([table] + aliases).contains(String(words[scan + 1]))
        }
    }

    /// Lines that sort rows, which a claim must never do: its indexes hold the order.
    package var sorts: [String] {
        lines.filter { $0.contains("TEMP B-TREE FOR ORDER BY") || $0.trimmingPrefix { " ->".contains($0) }.hasPrefix("Sort ") }
    }
}
