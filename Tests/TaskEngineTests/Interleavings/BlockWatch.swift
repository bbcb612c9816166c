import Storage
import Synchronization
import TestSupport

/// Sees from outside when a connection of PostgreSQL waits for another one.
struct BlockWatch: Sendable {
    private let observer: any Database
    private let pid: Int64

    /// - Parameters:
    ///   - database: has one connection, which is the one that is watched.
    ///   - observer: another one, to look with.
    init(_ database: any Database, observer: any Database) async throws {
        guard let pid = try await database.read({ try $0.row("SELECT pg_backend_pid()") { $0.int(0) } }) else {
            throw FixtureError("PostgreSQL tells its process id")
        }
        (self.observer, self.pid) = (observer, pid)
    }

    /// Returns when `run` has ended or its connection waits for a lock. Looks without a pause: a look takes a tenth of a millisecond.
    func untilDoneOrWaiting<T: Sendable>(_ run: Task<T, any Error>) async throws {
        let end = End()
        let ending = Task {
            _ = await run.result
            end.reach()
        }
        while !end.isReached {
            let isWaiting = try await observer.read { [pid] connection in
                try connection.row("SELECT cardinality(pg_blocking_pids(\(pid)::int))") { $0.int(0) > 0 } ?? false
            }
            if isWaiting { return ending.cancel() }
        }
        await ending.value
    }

    private final class End: Sendable {
        private let reached = Mutex(false)

        var isReached: Bool { reached.withLock { $0 } }
        func reach() { reached.withLock { $0 = true } }
    }
}
