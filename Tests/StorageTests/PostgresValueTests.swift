import Foundation
import Logging
import Storage
import Synchronization
import TestSupport
import Testing

@Suite("PostgreSQL values", .needsPostgres, .timeLimit(.minutes(5)))
struct PostgresValueTests {
    @Test("integers keep their value from the smallest to the largest, and NULL", arguments: [Int64.min, -1, 0, 1, 1 << 53 + 1, .max, nil])
    func integers(value: Int64?) async throws {
        let back = try await withPostgres { database in
            try await database.read { try $0.row("SELECT \(value)") { $0.intOrNil(0) } }
        }
        #expect(back == .some(value))
    }

    @Test(
        "doubles keep every bit",
        arguments: [0.1, -0.0, .pi, .leastNonzeroMagnitude, .greatestFiniteMagnitude, .infinity, -.infinity, 1e15, 1e16, nil] as [Double?])
    func doubles(value: Double?) async throws {
        let back = try await withPostgres { database in
            try await database.read { try $0.row("SELECT \(value)") { $0.doubleOrNil(0) } }
        }
        #expect(back?.flatMap(\.self)?.bitPattern == value?.bitPattern)
    }

    static let texts: [String?] = [
        "", "plain", "it's", #"say "hello""#, #"back\slash"#, #"\""#, #"\\"#, "{}", "{a,b}", "NULL", "null", ",", " padded ",
        "line\nbreak\ttab\r", "Grüße, 世界 👩‍👩‍👧", "%s $1 :name ?", "'; DROP TABLE t; --", String(repeating: "long ", count: 200_000), nil,
    ]

    @Test("texts come back as they were", arguments: texts)
    func singleTexts(value: String?) async throws {
        let back = try await withPostgres { database in
            try await database.read { try $0.row("SELECT \(value)") { $0.textOrNil(0) } }
        }
        #expect(back == .some(value))
    }

    @Test("texts in an array come back as they were, in order and with NULL apart from 'NULL'")
    func arrays() async throws {
        let back = try await withPostgres { database in
            try await database.write { connection in
                try connection.execute("CREATE TABLE t (position BIGINT, body TEXT, weight DOUBLE PRECISION)")
                var rows = RowSet([.bigint("position"), .text("body"), .double("weight")])
                for (index, text) in Self.texts.enumerated() {
                    rows.append([.int(Int64(index)), .text(text), .double(text == nil ? nil : Double(index) / 3)])
                }
                let inserted = try connection.forEach(
                    rows, "INSERT INTO t (position, body, weight) SELECT r.position, r.body, r.weight FROM \(rows, as: "r") WHERE true")
                #expect(inserted == Self.texts.count)
                return try connection.rows("SELECT body, weight FROM t ORDER BY position") {
                    Pair(text: $0.textOrNil(0), number: $0.doubleOrNil(1))
                }
            }
        }
        #expect(back.map(\.text) == Self.texts)
        #expect(back.enumerated().allSatisfy { $1.text == nil ? $1.number == nil : $1.number == Double($0) / 3 })
    }

    @Test("NUL becomes U+FFFD, alone and in arrays")
    func nul() async throws {
        var rows = RowSet([.text("body")])
        rows.append([.text("a\0b")])
        let bound = rows
        let back = try await withPostgres { database in
            try await database.read { connection in
                let alone = try connection.rows("SELECT \("a\0b")") { $0.text(0) }
                return try alone + connection.rows("SELECT r.body FROM \(bound, as: "r")") { $0.text(0) }
            }
        }
        #expect(back == ["a\u{FFFD}b", "a\u{FFFD}b"])
    }

    @Test("execute counts the rows that were changed, and those of a SELECT not")
    func counts() async throws {
        let counts = try await withPostgres { database in
            try await database.write { connection in
                [
                    try connection.execute("CREATE TABLE t (id BIGINT)"),
                    try connection.execute("INSERT INTO t SELECT generate_series(1, 5)"),
                    try connection.execute("UPDATE t SET id = id + 10 WHERE id > 3"),
                    try connection.execute("SELECT id FROM t"),
                    try connection.execute("DELETE FROM t"),
                ]
            }
        }
        #expect(counts == [0, 5, 2, 0, 5])
    }

    @Test("a script of several statements is one part of the transaction")
    func script() async throws {
        try await withPostgres { database in
            await #expect(throws: StorageError.self) {
                try await database.write { connection in
                    try connection.executeScript(
                        "CREATE TABLE t (id BIGINT); INSERT INTO t VALUES (1); -- it's fine;\nINSERT INTO t VALUES (2)")
                    #expect(try connection.rows("SELECT id FROM t ORDER BY id") { $0.int(0) } == [1, 2])
                    try connection.executeScript("CREATE TABLE u (id BIGINT); INSERT INTO missing VALUES (1)")
                }
            }
            let tables = try await database.read { connection in
                try connection.rows("SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace") { $0.text(0) }
            }
            #expect(tables == [])
        }
    }

    @Test("ids are ascending and no two callers get the same")
    func ids() async throws {
        try await withPostgres { database in
            try await database.change("CREATE SEQUENCE millrace_ids")
            let blocks = try await withThrowingTaskGroup(of: [Int64].self) { group in
                for _ in 0..<20 { group.addTask { try await database.write { try $0.allocateIDs(100) } } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(blocks.allSatisfy { $0 == $0.sorted() && $0.count == 100 })
            #expect(Set(blocks.joined()).count == 2000)
            let none = try await database.write { try $0.allocateIDs(0) }
            #expect(none == [])
        }
    }

    @Test("more different statements than a connection keeps prepared are no trouble")
    func manyStatements() async throws {
        try await withPostgres(poolSize: 1) { database in
            for round in 0..<2 {
                for number in 0..<600 {
                    var rows = RowSet([.bigint("column\(number)")])
                    rows.append([.int(Int64(number + round))])
                    let bound = rows
                    let back = try await database.read { try $0.row("SELECT * FROM \(bound, as: "r")") { $0.int(0) } }
                    #expect(back == Int64(number + round))
                }
            }
            let kept = try await database.read { try $0.row("SELECT count(*) FROM pg_prepared_statements") { $0.int(0) } }
            #expect(try #require(kept) <= 502)
        }
    }

    @Test("an error's message holds no value")
    func messages() async throws {
        try await withPostgres { database in
            try await database.change("CREATE TABLE t (id BIGINT PRIMARY KEY, body TEXT CHECK (body <> 'secret'))")
            let constraint = await #expect(throws: StorageError.self) {
                try await database.change("INSERT INTO t VALUES (1, \("secret"))")
            }
            #expect(constraint?.code == .constraint)
            #expect(constraint?.message.contains("secret") == false)
            let data = await #expect(throws: StorageError.self) {
                try await database.read { try $0.rows("SELECT CAST(\("secret") AS BIGINT)") { $0.int(0) } }
            }
            #expect(data?.message == "a value was refused (SQLSTATE 22P02)")
        }
    }

    private struct Pair: Sendable {
        let text: String?
        let number: Double?
    }
}
