public import Storage

/// A transaction on Millrace's database, for a task's own writes (``TaskContext/complete(_:)``) and for the tables they
/// need (``TaskRegistry/prepareDatabase(_:)``). Valid only within the closure it is passed to.
///
/// Values are bound, never spliced into the text, and the same text serves SQLite and PostgreSQL:
/// ```swift
/// context.complete { transaction in
///     try transaction.execute("INSERT INTO greetings (task_id, text) VALUES (\(context.id), \(text))")
/// }
/// ```
public struct TaskTransaction {
    /// The connection of the transaction, for the product's own statements.
    package let connection: any Connection

    /// Wraps the connection of a running write.
    package init(_ connection: any Connection) {
        self.connection = connection
    }

    /// Runs a statement and returns the number of rows it inserted, changed or deleted.
    /// - Throws: the database's error. What the transaction did is undone then.
    @discardableResult
    public func execute(_ sql: SQL) throws -> Int {
        try connection.execute(sql)
    }

    /// Runs a statement and decodes every row. `decode` must not use the transaction.
    /// - Throws: the database's error, or what `decode` throws.
    public func rows<T>(_ sql: SQL, _ decode: (Row) throws -> T) throws -> [T] {
        try connection.rows(sql, decode)
    }

    /// The first row, nil when there is none.
    /// - Throws: the database's error, or what `decode` throws.
    public func row<T>(_ sql: SQL, _ decode: (Row) throws -> T) throws -> T? {
        try connection.row(sql, decode)
    }
}

extension TaskContext.Collected {
    /// All writes as one, nil when there are none.
    func effects(now: Int64) -> (@Sendable (any Connection) throws -> Void)? {
        guard !writes.isEmpty || progress != nil else { return nil }
        return { [writes, progress] connection in
            if let progress { try JournalWrites.store([progress], now: now, on: connection) }
            let transaction = TaskTransaction(connection)
            for write in writes { try write(transaction) }
        }
    }
}
