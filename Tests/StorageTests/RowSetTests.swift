import Storage
import TestSupport
import Testing

@Suite("Row sets", .timeLimit(.minutes(5)))
struct RowSetTests {
    struct Line: Equatable, Sendable {
        var id: Int64
        var number: Int64?
        var text: String?
        var double: Double?
    }

    static let lines: [Line] = [
        Line(id: 1, number: .min, text: "", double: 0),
        Line(id: 2, number: .max, text: "it's \"quoted\" \\ and {braced, NULL}", double: 0.1),
        Line(id: 3, number: nil, text: nil, double: nil),
        Line(id: 4, number: 1 << 53 + 1, text: "NULL", double: .leastNonzeroMagnitude),
        Line(id: 5, number: 0, text: "\u{1}\u{1F}\n\r\t\u{7F}\u{2028}", double: .greatestFiniteMagnitude),
        Line(id: 6, number: -1, text: "👩‍👩‍👧‍👦 ü \u{10FFFF}", double: -1e-7),
        Line(id: 7, number: 7, text: "null", double: 3),
        Line(id: 8, number: 8, text: "[1,\"2\"]", double: 1e22),
        Line(id: 9, number: 9, text: "{}", double: 123_456_789.123_456_79),
        Line(id: 10, number: 10, text: "12", double: 100),
    ]

    static func set(_ lines: [Line]) -> RowSet {
        var set = RowSet([.bigint("id"), .bigint("number"), .text("txt"), .double("dbl")], capacity: lines.count)
        for line in lines { set.append([.int(line.id), .int(line.number), .text(line.text), .double(line.double)]) }
        return set
    }

    static func decode(_ row: Row) -> Line {
        Line(id: row.int(0), number: row.intOrNil(1), text: row.textOrNil(2), double: row.doubleOrNil(3))
    }

    static let table = "CREATE TABLE scratch (id BIGINT NOT NULL PRIMARY KEY, number BIGINT, txt TEXT, dbl DOUBLE PRECISION)"

    @Test("forEach inserts every row with its values", arguments: DatabaseKind.available)
    func insertsEach(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind, migrated: false) { database in
            let changed = try await database.write { connection in
                try connection.executeScript(Self.table)
                let set = Self.set(Self.lines)
                return try connection.forEach(
                    set, "INSERT INTO scratch (id, number, txt, dbl) SELECT r.id, r.number, r.txt, r.dbl FROM \(set, as: "r")")
            }
            #expect(changed == Self.lines.count)
            let found = try await database.read { try $0.rows("SELECT id, number, txt, dbl FROM scratch ORDER BY id", Self.decode) }
            #expect(found == Self.lines)
        }
    }

    @Test("a set joins a statement as a table with the same values", arguments: DatabaseKind.available)
    func joins(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind, migrated: false) { database in
            let found = try await database.read { connection in
                try connection.rows("SELECT r.id, r.number, r.txt, r.dbl FROM \(Self.set(Self.lines), as: "r") ORDER BY r.id", Self.decode)
            }
            #expect(found == Self.lines)
        }
    }

    @Test("other parameters stand before and behind a set", arguments: DatabaseKind.available)
    func otherParameters(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind, migrated: false) { database in
            let set = Self.set(Self.lines)
            let found = try await database.write { connection in
                try connection.executeScript(Self.table)
                try connection.forEach(
                    set,
                    """
                    INSERT INTO scratch (id, number, txt, dbl)
                    SELECT r.id + \(Int64(1000)), \(Int64(5)), r.txt, r.dbl FROM \(set, as: "r") WHERE r.id > \(Int64(3)) AND r.id <= \(Int64(6))
                    """)
                return try connection.rows(
                    "SELECT s.id, s.number FROM scratch s, \(set, as: "r") WHERE s.id = r.id + \(Int64(1000)) AND r.id < \(Int64(6)) ORDER BY s.id"
                ) { [$0.int(0), $0.int(1)] }
            }
            #expect(found == [[1004, 5], [1005, 5]])
        }
    }

    @Test("an empty set sends nothing through forEach and joins as no rows", arguments: DatabaseKind.available)
    func emptySet(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind, migrated: false) { database in
            let empty = Self.set([])
            let found = try await database.write { connection in
                // The table does not exist: a statement that was sent would fail.
                let changed = try connection.forEach(empty, "INSERT INTO nowhere (id) SELECT r.id FROM \(empty, as: "r")")
                let joined = try connection.rows("SELECT r.id FROM \(empty, as: "r")") { $0.int(0) }
                return [changed, joined.count]
            }
            #expect(empty.isEmpty)
            #expect(found == [0, 0])
        }
    }

    @Test("NUL in a set becomes the replacement character", arguments: DatabaseKind.available)
    func nulIsReplaced(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind, migrated: false) { database in
            let set = Self.set([Line(id: 1, text: "a\0b")])
            let found = try await database.write { connection in
                try connection.executeScript(Self.table)
                try connection.forEach(set, "INSERT INTO scratch (id, txt) SELECT r.id, r.txt FROM \(set, as: "r")")
                return try connection.rows("SELECT s.txt FROM scratch s UNION ALL SELECT r.txt FROM \(set, as: "r")") { $0.text(0) }
            }
            #expect(found == ["a\u{FFFD}b", "a\u{FFFD}b"])
        }
    }

    @Test("10,000 rows go in and one statement updates them all", arguments: DatabaseKind.available)
    func tenThousandRows(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind, migrated: false) { database in
            let set = Self.set((1...10_000).map { Line(id: $0, number: $0 * 3, text: "row \"\($0)\"", double: Double($0) / 7) })
            #expect(set.count == 10_000)
            let changes = try await database.write { connection in
                try connection.executeScript(Self.table)
                let inserted = try connection.forEach(
                    set, "INSERT INTO scratch (id, number, txt, dbl) SELECT r.id, r.number, r.txt, r.dbl FROM \(set, as: "r")")
                let updated = try connection.execute(
                    "UPDATE scratch SET number = scratch.number + r.number FROM \(set, as: "r") WHERE scratch.id = r.id AND scratch.txt = r.txt"
                )
                return [inserted, updated]
            }
            #expect(changes == [10_000, 10_000])
            #expect(try await database.count("SELECT SUM(number) FROM scratch") == 6 * (1...10_000).reduce(0, +))
        }
    }

    @Test("ON CONFLICT works through forEach", arguments: DatabaseKind.available)
    func upserts(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind, migrated: false) { database in
            let found = try await database.write { connection in
                try connection.executeScript(Self.table)
                for offset: Int64 in [0, 2] {
                    let set = Self.set((1...4).map { Line(id: $0 + offset, number: offset, text: nil, double: nil) })
                    try connection.forEach(
                        set,
                        """
                        INSERT INTO scratch (id, number) SELECT r.id, r.number FROM \(set, as: "r") WHERE true
                        ON CONFLICT (id) DO UPDATE SET number = excluded.number
                        """)
                }
                return try connection.rows("SELECT id, number FROM scratch ORDER BY id") { [$0.int(0), $0.int(1)] }
            }
            #expect(found == [[1, 0], [2, 0], [3, 2], [4, 2], [5, 2], [6, 2]])
        }
    }

    @Test("an update returns the rows that it changed", arguments: DatabaseKind.available)
    func updateReturning(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind, migrated: false) { database in
            let found = try await database.write { connection in
                try connection.executeScript(Self.table + "; INSERT INTO scratch (id, number) VALUES (1, 10), (2, 20), (3, 30)")
                let set = Self.set([Line(id: 1, number: 10), Line(id: 2, number: 99), Line(id: 9, number: 90)])
                return try connection.rows(
                    "UPDATE scratch SET txt = 'hit' FROM \(set, as: "r") WHERE scratch.id = r.id AND scratch.number = r.number RETURNING scratch.id, scratch.txt"
                ) { "\($0.int(0)) \($0.text(1))" }
            }
            #expect(found == ["1 hit"])
        }
    }
}
