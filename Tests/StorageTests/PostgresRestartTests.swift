import Storage
import TestSupport
import Testing

@Suite(
    "A PostgreSQL server that stops", .needsPostgresSocket, .enabled(if: PostgresPrivateServer.binaries != nil, "no initdb found"),
    .timeLimit(.minutes(5)))
struct PostgresRestartTests {
    @Test(
        "a write that was acknowledged is there after a restart, and once, and no caller sees the restart",
        arguments: ["fast", "immediate"])
    func restart(mode: String) async throws {
        try await PostgresPrivateServer.with { server in
            let database = try await PostgresDatabase.open(url: server.url(), poolSize: 3, patience: .seconds(30), logger: .silent)
            defer { database.close() }
            try await database.makeTable()
            let acknowledged = TestSignal<Int64>()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<6 {
                    group.addTask {
                        for number in 0..<150 {
                            let id = Int64(writer * 1000 + number)
                            try await database.change("INSERT INTO t (id) VALUES (\(id))")
                            acknowledged.send(id)
                        }
                    }
                }
                group.addTask {
                    try await acknowledged.wait(for: 100)
                    try await server.stop(mode)
                    try await server.start()
                }
                try await group.waitForAll()
            }
            let stored = try await database.ids()
            #expect(Set(acknowledged.values).subtracting(stored) == [], "acknowledged, but not there")
            #expect(stored.count == 900, "none of them twice")
        }
    }

    @Test("a server that asks for a password gets the right one, and a wrong or a missing one is told")
    func passwords() async throws {
        try await PostgresPrivateServer.with { server in
            try await PostgresDatabase.open(url: server.url(), logger: .silent).close()
            for password in ["wr0ng", nil] {
                let error = await #expect(throws: StorageError.self) {
                    try await PostgresDatabase.open(url: server.url(password: password), logger: .silent)
                }
                #expect(error?.code == .credentials)
                #expect(error?.message.contains("wr0ng") == false)
            }
        }
    }

    @Test("a password that is changed while the server runs is an error at once, not a wait")
    func changedPassword() async throws {
        try await PostgresPrivateServer.with { server in
            let database = try await PostgresDatabase.open(url: server.url(), poolSize: 1, patience: .seconds(60), logger: .silent)
            defer { database.close() }
            try await database.change("ALTER ROLE millrace PASSWORD 'other'")
            let other = try await PostgresDatabase.open(url: server.url(password: "other"), poolSize: 1, logger: .silent)
            defer { other.close() }
            try await other.terminate(database.backendPID())
            let error = await #expect(throws: StorageError.self) { try await database.read { try $0.rows("SELECT 1") { $0.int(0) } } }
            #expect(error?.code == .credentials)
        }
    }
}
