import Logging
import Storage
import TestSupport
import Testing

@Suite("PostgreSQL notifications", .needsPostgres, .timeLimit(.minutes(5)))
struct PostgresNotificationTests {
    @Test("what one process announces, another hears, and the same thing once")
    func otherProcess() async throws {
        try await withTwo { speaker, hearer in
            let heard = try await listen(hearer, "changes")
            for payload in ["a", "b", "a", "it's \"quoted\" \\ {x}"] { speaker.notify(channel: "changes", payload: payload) }
            speaker.notify(channel: "other", payload: "not for us")
            speaker.notify(channel: "changes", payload: "end")
            let all = try await heard.wait { $0.contains("end") }
            #expect(Set(all) == [nil, "a", "b", "it's \"quoted\" \\ {x}", "end"])
        }
    }

    @Test("a thousand announcements of one thing are few notifications")
    func coalesced() async throws {
        try await withTwo { speaker, hearer in
            let heard = try await listen(hearer, "changes")
            for _ in 0..<1000 { speaker.notify(channel: "changes", payload: "again") }
            speaker.notify(channel: "changes", payload: "end")
            let all = try await heard.wait { $0.contains("end") }
            // The first goes at once; the others share batches of 20 ms.
            #expect(all.count < 50)
        }
    }

    @Test("a process hears itself, on every listener of the channel")
    func itself() async throws {
        try await withPostgres { database in
            let (one, other) = (try await listen(database, "changes"), try await listen(database, "changes"))
            database.notify(channel: "changes", payload: "x")
            try await one.wait { $0.contains("x") }
            try await other.wait { $0.contains("x") }
        }
    }

    @Test("two installations in one database do not hear each other")
    func otherSchema() async throws {
        try await withPostgres { stranger in
            let strange = try await listen(stranger, "changes")
            try await withPostgres { database in
                let heard = try await listen(database, "changes")
                database.notify(channel: "changes", payload: "ours")
                try await heard.wait { $0.contains("ours") }
                stranger.notify(channel: "changes", payload: "theirs")
                #expect(try await strange.wait { $0.contains("theirs") } == [nil, "theirs"])
            }
        }
    }

    @Test("what was announced before closing is sent, also by a process that lives only for a moment")
    func lastWords() async throws {
        try await PostgresSchema.with { schema in
            let hearer = try await PostgresDatabase.open(url: schema.url, poolSize: 1, logger: .silent)
            defer { hearer.close() }
            let heard = try await listen(hearer, "changes")
            for number in 0..<10 {
                let speaker = try await PostgresDatabase.open(url: schema.url, poolSize: 1, logger: .silent)
                speaker.notify(channel: "changes", payload: "\(number)")
                if number.isMultiple(of: 2) { speaker.notify(channel: "changes", payload: "more of \(number)") }
                speaker.close()
                speaker.notify(channel: "changes", payload: "too late")
            }
            let all = try await heard.wait { $0.contains("9") }
            #expect(Set(all) == Set([nil] + (0..<10).map { "\($0)" } + [0, 2, 4, 6, 8].map { "more of \($0)" }))
        }
    }

    @Test("a listener whose connection was lost is told so, once it hears again")
    func lost() async throws {
        try await withTwo { speaker, hearer in
            let (one, other) = (try await listen(hearer, "changes"), try await listen(hearer, "others"))
            let channel = try #require(
                try await speaker.read { try $0.row("SELECT 'changes@' || current_schema()") { $0.text(0) } })
            let pids = try await speaker.read { connection in
                try connection.rows(
                    "SELECT pid FROM pg_stat_activity WHERE strpos(query, 'LISTEN') = 1 AND strpos(query, split_part(\(channel), '@', 2)) > 0"
                ) {
                    $0.int(0)
                }
            }
            #expect(pids.count == 1)
            for pid in pids { try await speaker.terminate(pid) }
            #expect(try await one.wait(for: 2) == [nil, nil])
            #expect(try await other.wait(for: 2) == [nil, nil])
            speaker.notify(channel: "others", payload: "back")
            try await other.wait { $0.contains("back") }
        }
    }

    @Test("long names of channels and payloads at the limit work, longer payloads are left out")
    func limits() async throws {
        try await withPostgres { database in
            let channel = String(repeating: "channel", count: 20)
            let heard = try await listen(database, channel)
            database.notify(channel: channel, payload: String(repeating: "x", count: 8000))
            database.notify(channel: channel, payload: String(repeating: "y", count: 7999))
            let all = try await heard.wait(for: 2)
            #expect(all.last??.count == 7999)
        }
    }

    @Test("an announcement inside of nobody's transaction is heard although a write is open")
    func besideTransactions() async throws {
        try await withPostgres { database in
            let heard = try await listen(database, "changes")
            let mayEnd = TestGate()
            async let write: Void = database.write { connection in
                _ = try connection.rows("SELECT 1") { $0.int(0) }
                database.notify(channel: "changes", payload: "x")
                try mayEnd.pass()
            }
            try await heard.wait { $0.contains("x") }
            mayEnd.open()
            try await write
        }
    }

    /// Listens and waits until the server knows: the listener is told nil then.
    private func listen(_ database: PostgresDatabase, _ channel: String) async throws -> TestSignal<String?> {
        let heard = TestSignal<String?>()
        database.listen(channel: channel) { heard.send($0) }
        try await heard.wait(for: 1)
        return heard
    }

    /// Two databases on one schema, as two processes have them.
    private func withTwo(_ body: (PostgresDatabase, PostgresDatabase) async throws -> Void) async throws {
        try await PostgresSchema.with { schema in
            let one = try await PostgresDatabase.open(url: schema.url, poolSize: 1, logger: .silent)
            defer { one.close() }
            let other = try await PostgresDatabase.open(url: schema.url, poolSize: 1, logger: .silent)
            defer { other.close() }
            try await body(one, other)
        }
    }
}
