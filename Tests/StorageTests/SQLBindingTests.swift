import Storage
import TestSupport
import Testing

@Suite("SQL binding", .timeLimit(.minutes(5)))
struct SQLBindingTests {
    static let texts: [String] = [
        "", " ", "plain", "it's", #"say "hi""#, #"back\slash"#, "'; DROP TABLE tasks; --", "$1 $2 ? :a @b", "a\nb\tc\r", "ÄÖß", "👩‍👩‍👧‍👦🇩🇪",
        "{\"a\":[1,2]}", "{1,NULL}",
        "NULL", "\u{FEFF}bom", "\u{10FFFF}", "%s %d \\u0041 \\x41", String(repeating: "x", count: 100_000),
    ]

    @Test("a text comes back as it went in", arguments: DatabaseKind.available)
    func textsRoundTrip(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind, migrated: false) { database in
            for text in Self.texts {
                let found = try await database.read { try $0.row("SELECT CAST(\(text) AS TEXT)") { $0.text(0) } }
                #expect(found == text)
            }
        }
    }

    @Test("NUL in a text becomes the replacement character", arguments: DatabaseKind.available)
    func nulIsReplaced(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind, migrated: false) { database in
            let found = try await database.read { try $0.row("SELECT CAST(\("a\0b\0") AS TEXT)") { $0.text(0) } }
            #expect(found == "a\u{FFFD}b\u{FFFD}")
        }
    }

    @Test("integers come back exactly", arguments: DatabaseKind.available)
    func integersRoundTrip(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind, migrated: false) { database in
            for number in [Int64.min, .min + 1, -1, 0, 1, 1 << 53 + 1, .max - 1, .max] {
                let found = try await database.read { try $0.row("SELECT CAST(\(number) AS BIGINT)") { $0.int(0) } }
                #expect(found == number)
            }
        }
    }

    @Test("doubles come back exactly", arguments: DatabaseKind.available)
    func doublesRoundTrip(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind, migrated: false) { database in
            for number in [
                0, -1.5, 0.1, 1 / 3, .pi, 1e-300, -1e300, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1e15, 123_456_789.123_456_79,
            ] {
                let found = try await database.read { try $0.row("SELECT CAST(\(number) AS DOUBLE PRECISION)") { $0.double(0) } }
                #expect(found == number)
            }
        }
    }

    @Test("booleans are 0 and 1", arguments: DatabaseKind.available)
    func booleans(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind, migrated: false) { database in
            let found = try await database.read { connection in
                try connection.row("SELECT CAST(\(true) AS BIGINT), CAST(\(false) AS BIGINT)") {
                    [$0.int(0), $0.int(1), $0.bool(0) ? 1 : 0, $0.bool(1) ? 1 : 0]
                }
            }
            #expect(found == [1, 0, 1, 0])
        }
    }

    @Test("nil is NULL of every type, and unlike the empty text", arguments: DatabaseKind.available)
    func nulls(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind, migrated: false) { database in
            try await database.write { connection in
                try connection.executeScript("CREATE TABLE scratch (i BIGINT, t TEXT, d DOUBLE PRECISION, b BIGINT)")
                let (i, t, d, b): (Int64?, String?, Double?, Bool?) = (nil, nil, nil, nil)
                try connection.execute("INSERT INTO scratch (i, t, d, b) VALUES (\(i), \(t), \(d), \(b))")
                try connection.execute("INSERT INTO scratch (i, t, d, b) VALUES (\(Int64(0)), \(""), \(0.0), \(false))")
            }
            let found = try await database.read { connection in
                try connection.rows("SELECT i, t, d, b FROM scratch ORDER BY i IS NULL DESC") { row in
                    [row.intOrNil(0) == nil, row.textOrNil(1) == nil, row.doubleOrNil(2) == nil, row.intOrNil(3) == nil]
                }
            }
            #expect(found == [[true, true, true, true], [false, false, false, false]])
        }
    }

    @Test("a NULL read as a value is 0 or empty", arguments: DatabaseKind.available)
    func nullReadAsValue(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind, migrated: false) { database in
            let isZero = try await database.read { connection in
                try connection.row("SELECT CAST(NULL AS BIGINT), CAST(NULL AS TEXT), CAST(NULL AS DOUBLE PRECISION)") {
                    $0.int(0) == 0 && $0.text(1) == "" && $0.double(2) == 0
                }
            }
            #expect(isZero == true)
        }
    }

    @Test("a fragment brings its own values in the right order", arguments: DatabaseKind.available)
    func fragments(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind, migrated: false) { database in
            let found = try await database.read { connection in
                let middle: SQL = "CAST(\("b") AS TEXT) AS b"
                var sql: SQL = "SELECT CAST(\("a") AS TEXT) AS a, \(fragment: middle), CAST(\("c") AS TEXT) AS c"
                sql += ", CAST(\(Int64(4)) AS BIGINT) AS d"
                return try connection.row(sql) { [$0.text(0), $0.text(1), $0.text(2), String($0.int(3))] }
            }
            #expect(found == ["a", "b", "c", "4"])
        }
    }

    @Test("a row lock is a clause on PostgreSQL and nothing on SQLite", arguments: DatabaseKind.available)
    func rowLocks(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await database.insertQueue("q")
            let found = try await database.write { connection in
                let locks: [SQL] = ["\(lock: .update)", "\(lock: .share)", "\(lock: .updateSkipLocked)"]
                return try locks.map { lock in
                    try connection.row("SELECT name FROM queues WHERE name = \("q")\(fragment: lock)") { $0.text(0) }
                }
            }
            #expect(found == ["q", "q", "q"])
        }
    }

    @Test("execute reports how many rows changed", arguments: DatabaseKind.available)
    func changedRows(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind, migrated: false) { database in
            let counts = try await database.write { connection in
                try connection.executeScript("CREATE TABLE scratch (i BIGINT)")
                return [
                    try connection.execute("INSERT INTO scratch (i) VALUES (1), (2), (3)"),
                    try connection.execute("UPDATE scratch SET i = i + 10 WHERE i >= \(Int64(2))"),
                    try connection.execute("UPDATE scratch SET i = 0 WHERE i = \(Int64(77))"),
                    try connection.execute("DELETE FROM scratch"),
                ]
            }
            #expect(counts == [3, 2, 0, 3])
        }
    }

    @Test("a mistake in a statement is an error of its caller, and the database goes on", arguments: DatabaseKind.available)
    func wrongStatement(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            await #expect(throws: StorageError.self) {
                try await database.read { try $0.rows("SELECT nonsense FROM nowhere") { $0.int(0) } }
            }
            await #expect(throws: StorageError.self) { try await database.write { try $0.execute("UPDATE nowhere SET x = 1") } }
            let left = try await database.count("SELECT COUNT(*) FROM queues")
            #expect(left == 0)
        }
    }

    @Test("a refused row is a constraint error", arguments: DatabaseKind.available)
    func constraint(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await database.insertQueue("q")
            let duplicate = await #expect(throws: StorageError.self) { try await database.insertQueue("q") }
            #expect(duplicate?.code == .constraint)
            let check = await #expect(throws: StorageError.self) { try await database.insertQueue("r", weight: 0) }
            #expect(check?.code == .constraint)
        }
    }
}
