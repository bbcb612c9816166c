import Storage
import TestSupport

/// A connection that stops before one of its statements until it is told to go on.
///
/// Used on the driver's own thread, which it holds meanwhile: the transaction is open and keeps its locks.
final class SteppedConnection: Connection {
    /// Says when the transaction stands still, and lets it go on.
    struct Stop: Sendable {
        /// Statements that are run before; 0 stops before the transaction has begun.
        let after: Int
        let reached = TestSignal<Void>()
        let gate = TestGate()
    }

    private let base: any Connection
    private let stop: Stop
    private var count = 0

    init(_ base: any Connection, _ stop: Stop) {
        self.base = base
        self.stop = stop
    }

    var dialect: Dialect { base.dialect }

    func execute(_ sql: SQL) throws -> Int {
        try step()
        return try base.execute(sql)
    }

    func rows<T>(_ sql: SQL, _ decode: (Row) throws -> T) throws -> [T] {
        try step()
        return try base.rows(sql, decode)
    }

    func forEach(_ set: RowSet, _ sql: SQL) throws -> Int {
        if !set.isEmpty { try step() }
        return try base.forEach(set, sql)
    }

    func executeScript(_ trustedText: String) throws {
        try step()
        try base.executeScript(trustedText)
    }

    /// A sequence's numbers depend on nobody.
    func allocateIDs(_ count: Int) throws -> [Int64] { try base.allocateIDs(count) }

    /// All statements have run: the last place to stop, before COMMIT.
    /// - Returns: whether there was a stop anywhere.
    func end() throws -> Bool {
        try step()
        return count > stop.after
    }

    private func step() throws {
        if count == stop.after {
            stop.reached.send()
            try stop.gate.pass()
        }
        count += 1
    }
}
