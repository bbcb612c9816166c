import Foundation
import Logging
import Storage
import TestSupport
import Testing

@Suite("PostgreSQL connections that are lost", .needsPostgresSocket, .timeLimit(.minutes(5)))
struct PostgresLossTests {
    @Test("an idle connection that died is replaced and nobody notices")
    func idle() async throws {
        try await withPostgres(poolSize: 1) { database in
            try await database.makeTable()
            try await withPostgres(poolSize: 1) { try await $0.terminate(database.backendPID()) }
            let runs = Counter()
            try await database.write { connection in
                runs.increment()
                try connection.execute("INSERT INTO t (id) VALUES (1)")
            }
            #expect(runs.value == 1)
            #expect(try await database.ids() == [1])
        }
    }

    @Test("a transaction whose connection is cut in the middle runs again, and what it wrote is there once")
    func inTransaction() async throws {
        try await withPostgres(poolSize: 2) { database in
            try await database.makeTable()
            let runs = Counter()
            let pid = TestSignal<Int64>()
            let mayGoOn = TestGate()
            async let written = database.write { connection in
                try connection.execute("INSERT INTO t (id) VALUES (1)")
                if runs.increment() == 1 {
                    pid.send(try connection.row("SELECT pg_backend_pid()") { $0.int(0) } ?? 0)
                    try mayGoOn.pass()
                }
                return try connection.execute("INSERT INTO t (id) VALUES (2)")
            }
            try await database.terminate(pid.wait()[0])
            mayGoOn.open()
            #expect(try await written == 1)
            #expect(runs.value == 2)
            #expect(try await database.ids() == [1, 2])
        }
    }

    @Test("a transaction that loses its connection every time ends with an error, and nothing is written")
    func everyTime() async throws {
        try await withPostgres(poolSize: 1) { database in
            try await database.makeTable()
            let runs = Counter()
            let error = await #expect(throws: StorageError.self) {
                try await database.write { connection in
                    runs.increment()
                    try connection.execute("INSERT INTO t (id) VALUES (1)")
                    try connection.execute("SELECT pg_terminate_backend(pg_backend_pid())")
                    try connection.execute("INSERT INTO t (id) VALUES (2)")
                }
            }
            #expect(error?.code == .unavailable)
            #expect(runs.value == 2)
            #expect(try await database.ids() == [])
        }
    }

    @Test(
        "what was written is there exactly once, whatever becomes of COMMIT",
        arguments: [
            (PostgresProxy.CommitRule.loseAnswer, 1), (.loseCommit, 2), (.strandServer, 2),
        ])
    func commit(rule: PostgresProxy.CommitRule, expectedRuns: Int) async throws {
        try await withProxy { database, proxy in
            let runs = Counter()
            proxy.breakNextCommit(rule)
            let value = try await database.write { connection in
                let run = runs.increment()
                try connection.execute("INSERT INTO t (id) VALUES (7)")
                return run
            }
            #expect(value == expectedRuns)
            #expect(runs.value == expectedRuns)
            #expect(try await database.ids() == [7])
        }
    }

    @Test("a lost answer to the COMMIT of a transaction that wrote nothing runs the closure again")
    func commitOfNothing() async throws {
        try await withProxy { database, proxy in
            let runs = Counter()
            proxy.breakNextCommit(.loseAnswer)
            _ = try await database.write { connection in
                runs.increment()
                return try connection.rows("SELECT id FROM t") { $0.int(0) }
            }
            #expect(runs.value == 2)
        }
    }

    @Test("a read whose last answer is lost has read all it wanted")
    func commitOfRead() async throws {
        try await withProxy { database, proxy in
            let runs = Counter()
            proxy.breakNextCommit(.loseAnswer)
            _ = try await database.read { connection in
                runs.increment()
                return try connection.rows("SELECT id FROM t") { $0.int(0) }
            }
            #expect(runs.value == 1)
        }
    }

    @Test("when nobody can be asked about a COMMIT, the caller is told that its outcome is unknown")
    func unknownOutcome() async throws {
        try await withProxy(patience: .milliseconds(300)) { database, proxy in
            proxy.breakNextCommit(.loseAnswer, thenRefuse: true)
            let error = await #expect(throws: StorageError.self) {
                try await database.change("INSERT INTO t (id) VALUES (7)")
            }
            #expect(error?.code == .outcomeUnknown)
            proxy.comeBack()
            let ids = try await database.ids()
            #expect(ids == [7])
        }
    }

    @Test("writes wait for a server that is away for a moment")
    func awayForAMoment() async throws {
        try await withProxy(patience: .seconds(20)) { database, proxy in
            proxy.goDown()
            let attempts = proxy.attempts
            async let written: Void = database.change("INSERT INTO t (id) VALUES (1)")
            // It has been refused at least twice before the server is back.
            while proxy.attempts < attempts + 2 { await Task.yield() }
            proxy.comeBack()
            try await written
            #expect(try await database.ids() == [1])
        }
    }

    @Test("a server that stays away is an error after a while, with its address, and no reason to give up for ever")
    func staysAway() async throws {
        try await withProxy(patience: .milliseconds(200)) { database, proxy in
            proxy.goDown()
            for _ in 0..<3 {
                let error = await #expect(throws: StorageError.self) { try await database.change("INSERT INTO t (id) VALUES (1)") }
                #expect(error?.code == .unavailable)
                #expect(error?.message.contains("127.0.0.1") == true)
                #expect(error?.message.contains("\(proxy.port)") == true)
            }
            proxy.comeBack()
            while true {
                do {
                    try await database.change("INSERT INTO t (id) VALUES (2)")
                    break
                } catch let error as StorageError where error.code == .unavailable {}
            }
            #expect(try await database.ids() == [2])
        }
    }

    @Test("nothing that was acknowledged is lost and nothing is there twice while connections are cut at random")
    func storm() async throws {
        try await withProxy(poolSize: 3) { database, proxy in
            let acknowledged = TestSignal<Int64>()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<3 {
                    group.addTask {
                        for number in 0..<60 {
                            let id = Int64(writer * 1000 + number)
                            do {
                                try await database.change("INSERT INTO t (id) VALUES (\(id))")
                                acknowledged.send(id)
                            } catch let error as StorageError where error.code == .unavailable {}
                            if number % 10 == writer { proxy.cutAll() }
                            if number % 10 == writer + 4 { proxy.breakNextCommit([.loseAnswer, .loseCommit, .strandServer][writer]) }
                        }
                    }
                }
                try await group.waitForAll()
            }
            let stored = try await database.ids()
            #expect(stored == acknowledged.values.sorted())
            #expect(stored.count > 100)
        }
    }

    /// A database behind a proxy, with a table `t`.
    private func withProxy(
        poolSize: Int = 1, patience: Duration = .seconds(5), _ body: (PostgresDatabase, PostgresProxy) async throws -> Void
    ) async throws {
        try await PostgresSchema.with { schema in
            let proxy = try PostgresProxy()
            defer { proxy.stop() }
            let database = try await PostgresDatabase.open(
                url: proxy.url(schema: schema), poolSize: poolSize, patience: patience, logger: .silent)
            defer { database.close() }
            try await database.makeTable()
            try await body(database, proxy)
        }
    }
}
