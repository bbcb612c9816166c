package import Storage

/// A connection that counts the statements it runs.
///
/// One of ``forEach(_:_:)`` counts once, as it travels on PostgreSQL; on SQLite it is a prepared statement per row.
package final class StatementCounter: Connection {
    private let base: any Connection
    /// Statements so far.
    package private(set) var count = 0

    /// - Parameter base: the connection that runs the statements.
    package init(_ base: any Connection) {
        self.base = base
    }

    /// That of the counted connection.
    package var dialect: Dialect { base.dialect }

    /// Counts, then runs the statement.
    package func execute(_ sql: SQL) throws -> Int {
        count += 1
        return try base.execute(sql)
    }

    /// Counts, then runs the statement.
    package func rows<T>(_ sql: SQL, _ decode: (Row) throws -> T) throws -> [T] {
        count += 1
        return try base.rows(sql, decode)
    }

    /// Counts one, and none for an empty set, which is not sent.
    package func forEach(_ set: RowSet, _ sql: SQL) throws -> Int {
        if !set.isEmpty { count += 1 }
        return try base.forEach(set, sql)
    }

    /// Counts one, then runs the script.
    package func executeScript(_ trustedText: String) throws {
        count += 1
        try base.executeScript(trustedText)
    }

    /// Counts one, then allocates.
    package func allocateIDs(_ count: Int) throws -> [Int64] {
        self.count += 1
        return try base.allocateIDs(count)
    }
}
