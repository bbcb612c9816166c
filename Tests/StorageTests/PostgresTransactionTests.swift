import Foundation
import Storage
import TestSupport
import Testing

@Suite("PostgreSQL transactions", .needsPostgres, .timeLimit(.minutes(5)))
struct PostgresTransactionTests {
    @Test("a serialization failure runs the closure again, which then succeeds")
    func serializationFailure() async throws {
        try await withPostgres { database in
            try await database.makeTable()
            try await database.change("INSERT INTO t (id) VALUES (1)")
            let runs = Counter()
            let hasRead = TestSignal<Void>()
            let mayUpdate = TestGate()
            async let result = database.write { connection in
                try connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
                let before = try connection.row("SELECT n FROM t") { $0.int(0) } ?? -1
                if runs.increment() == 1 {
                    hasRead.send()
                    try mayUpdate.pass()
                }
                try connection.execute("UPDATE t SET n = \(before + 1)")
                return before
            }
            try await hasRead.wait()
            try await database.change("UPDATE t SET n = 10")
            mayUpdate.open()
            #expect(try await result == 10)
            #expect(runs.value == 2)
        }
    }

    @Test("of two transactions that lock each other out, both succeed in the end")
    func deadlock() async throws {
        try await withPostgres { database in
            try await database.makeTable()
            try await database.change("INSERT INTO t (id) VALUES (1), (2)")
            let runs = Counter()
            let (firstLocked, secondLocked) = (TestGate(), TestGate())
            async let one: Void = database.write { connection in
                try connection.execute("UPDATE t SET n = n + 1 WHERE id = 1")
                if runs.increment() <= 2 {
                    firstLocked.open()
                    try secondLocked.pass()
                }
                try connection.execute("UPDATE t SET n = n + 1 WHERE id = 2")
            }
            async let other: Void = database.write { connection in
                try connection.execute("UPDATE t SET n = n + 1 WHERE id = 2")
                if runs.increment() <= 2 {
                    secondLocked.open()
                    try firstLocked.pass()
                }
                try connection.execute("UPDATE t SET n = n + 1 WHERE id = 1")
            }
            _ = try await (one, other)
            #expect(runs.value >= 3)
            let sums = try await database.read { try $0.rows("SELECT n FROM t") { $0.int(0) } }
            #expect(sums == [2, 2])
        }
    }

    @Test("a closure that always conflicts is run as often as the setting says, then the conflict is thrown")
    func givesUp() async throws {
        try await withPostgres(reruns: 3) { database in
            let runs = Counter()
            let error = await #expect(throws: StorageError.self) {
                try await database.write { connection in
                    runs.increment()
                    try connection.execute("DO $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '40001'; END $$")
                }
            }
            #expect(error?.code == .conflict)
            #expect(runs.value == 4)
        }
    }

    @Test("a closure that catches a statement's error does not commit")
    func caughtError() async throws {
        try await withPostgres { database in
            try await database.makeTable()
            let error = await #expect(throws: StorageError.self) {
                try await database.write { connection in
                    try connection.execute("INSERT INTO t (id) VALUES (1)")
                    do { try connection.execute("INSERT INTO t (id, n) VALUES (2, NULL)") } catch {}
                }
            }
            #expect(error?.code == .constraint)
            #expect(try await database.ids() == [])
        }
    }

    @Test("an error of the closure's own rolls back and is what the caller gets")
    func ownError() async throws {
        struct Refusal: Error {}
        try await withPostgres(poolSize: 1) { database in
            try await database.makeTable()
            await #expect(throws: Refusal.self) {
                try await database.write { connection in
                    try connection.execute("INSERT INTO t (id) VALUES (1)")
                    throw Refusal()
                }
            }
            #expect(try await database.ids() == [])
            #expect(database.commitStatistics.count == 1)
        }
    }

    @Test("a constraint that is checked at COMMIT refuses the write")
    func deferredConstraint() async throws {
        try await withPostgres(poolSize: 1) { database in
            try await database.write { connection in
                try connection.executeScript(
                    """
                    CREATE TABLE a (id BIGINT PRIMARY KEY);
                    CREATE TABLE b (a BIGINT REFERENCES a DEFERRABLE INITIALLY DEFERRED)
                    """)
            }
            let error = await #expect(throws: StorageError.self) {
                try await database.change("INSERT INTO b VALUES (7)")
            }
            #expect(error?.code == .constraint)
            let count = try await database.read { try $0.row("SELECT count(*) FROM b") { $0.int(0) } }
            #expect(count == 0)
        }
    }

    @Test("a read sees one snapshot and cannot write")
    func reads() async throws {
        try await withPostgres { database in
            try await database.makeTable()
            let hasRead = TestSignal<Void>()
            let mayGoOn = TestGate()
            async let counts = database.read { connection in
                let first = try connection.row("SELECT count(*) FROM t") { $0.int(0) }
                hasRead.send()
                try mayGoOn.pass()
                return [first, try connection.row("SELECT count(*) FROM t") { $0.int(0) }]
            }
            try await hasRead.wait()
            try await database.change("INSERT INTO t (id) VALUES (1)")
            mayGoOn.open()
            #expect(try await counts == [0, 0])
            let error = await #expect(throws: StorageError.self) {
                try await database.read { try $0.execute("INSERT INTO t (id) VALUES (2)") }
            }
            #expect(error?.code == .readOnly)
            #expect(try await database.ids() == [1])
        }
    }

    @Test("a table that another process alters does not break prepared statements")
    func alteredTable() async throws {
        try await withPostgres(poolSize: 1) { database in
            try await database.makeTable()
            let read: @Sendable (any Connection) throws -> Int = { try $0.rows("SELECT * FROM t") { $0.int(0) }.count }
            #expect(try await database.read(read) == 0)
            try await database.change("ALTER TABLE t ADD COLUMN more TEXT")
            #expect(try await database.read(read) == 0)
            try await database.change("ALTER TABLE t ADD COLUMN evenMore TEXT")
            let write: @Sendable (any Connection) throws -> Int = { connection in
                try connection.execute("INSERT INTO t (id) VALUES (1)")
                return try connection.rows("SELECT * FROM t") { $0.int(0) }.count
            }
            #expect(try await database.write(write) == 1)
        }
    }

    @Test("a write goes on when the task that waits for it is cancelled")
    func cancellation() async throws {
        try await withPostgres { database in
            try await database.makeTable()
            let hasStarted = TestSignal<Void>()
            let mayGoOn = TestGate()
            let task = Task {
                try await database.write { connection in
                    try connection.execute("INSERT INTO t (id) VALUES (1)")
                    hasStarted.send()
                    try mayGoOn.pass()
                }
            }
            try await hasStarted.wait()
            task.cancel()
            mayGoOn.open()
            try await task.value
            #expect(try await database.ids() == [1])
        }
    }

    @Test("an engine write gets a connection while bulk writes and reads hold all they may")
    func engineFirst() async throws {
        try await withPostgres(poolSize: 3) { database in
            try await database.makeTable()
            let running = TestSignal<Void>()
            let mayEnd = TestGate()
            let most = Counter()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for lane in 0..<40 {
                    group.addTask {
                        let body: @Sendable (any Connection) throws -> Void = { connection in
                            _ = try connection.row("SELECT 1") { $0.int(0) }
                            if most.increment() == 2 { running.send() }
                            try mayEnd.pass()
                        }
                        if lane % 2 == 0 { try await database.write(.bulk, body) } else { try await database.read(body) }
                    }
                }
                try await running.wait()
                for id in 0..<10 { try await database.change("INSERT INTO t (id) VALUES (\(id))") }
                // Nothing has let them go so far, and no third one was let in.
                #expect(most.value == 2)
                mayEnd.open()
                try await group.waitForAll()
            }
            #expect(try await database.ids().count == 10)
        }
    }

    @Test("a connection that was kept beyond its transaction is refused")
    func keptConnection() async throws {
        final class Keeper: @unchecked Sendable {
            // Written and read by one worker's thread, one call after the other.
            var connection: (any Connection)?
        }
        try await withPostgres(poolSize: 1) { database in
            let keeper = Keeper()
            try await database.read { keeper.connection = $0 }
            let error = await #expect(throws: StorageError.self) {
                try await database.read { _ in try keeper.connection?.execute("SELECT 1") }
            }
            #expect(error?.message.contains("after its transaction") == true)
        }
    }

    @Test("closing lets a running write finish and refuses those that wait or come later")
    func closing() async throws {
        try await withPostgres(poolSize: 1) { database in
            try await database.makeTable()
            let hasStarted = TestSignal<Void>()
            let mayGoOn = TestGate()
            async let running: Void = database.write { connection in
                try connection.execute("INSERT INTO t (id) VALUES (1)")
                hasStarted.send()
                try mayGoOn.pass()
            }
            try await hasStarted.wait()
            let waiting = Task { try await database.write { _ in } }
            async let closing: Void = withCheckedContinuation { continuation in
                Thread {
                    database.close()
                    continuation.resume()
                }.start()
            }
            let refused = await #expect(throws: StorageError.self) { try await waiting.value }
            #expect(refused?.code == .unavailable)
            mayGoOn.open()
            try await running
            await closing
            let later = await #expect(throws: StorageError.self) { try await database.read { _ in } }
            #expect(later?.code == .unavailable)
        }
    }

    @Test("as a service it runs until it is told to end, and closes")
    func service() async throws {
        try await withPostgres { database in
            let service = Task { try await database.run() }
            _ = try await database.read { try $0.rows("SELECT 1") { $0.int(0) } }
            service.cancel()
            try await service.value
            let later = await #expect(throws: StorageError.self) { try await database.read { _ in } }
            #expect(later?.code == .unavailable)
        }
    }

    @Test("commits are counted and the server's durability is told")
    func statistics() async throws {
        try await withPostgres { database in
            try await database.makeTable()
            for _ in 0..<3 { try await database.change("INSERT INTO t (id) VALUES (1)") }
            let statistics = database.commitStatistics
            #expect(statistics.count == 4)
            #expect(statistics.closures == 4)
            #expect(statistics.medianMicroseconds > 0)
            #expect(database.durability == "synchronous_commit=on fsync=on")
        }
    }
}
