import Storage
import TestSupport
import Testing

/// The repository's migrations give both databases the same tables.
@Suite("The schema on both databases", .timeLimit(.minutes(5)))
struct SchemaComparisonTests {
    /// `table.column NOT NULL` of every table but those that only one driver has.
    private func columns(_ database: any Database) async throws -> Set<String> {
        let query: SQL =
            switch database.dialect {
            case .sqlite:
                """
                SELECT m.name, c.name, CASE c."notnull" WHEN 1 THEN 'NOT NULL' ELSE 'NULL' END
                FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT IN ('id_counter', 'sqlite_sequence')
                """
            case .postgres:
                """
                SELECT table_name, column_name, CASE is_nullable WHEN 'NO' THEN 'NOT NULL' ELSE 'NULL' END
                FROM information_schema.columns WHERE table_schema = current_schema()
                """
            }
        return Set(try await database.read { try $0.rows(query) { "\($0.text(0)).\($0.text(1)) \($0.text(2))" } })
    }

    /// Names of all indexes that a migration named.
    private func indexes(_ database: any Database) async throws -> Set<String> {
        let query: SQL =
            switch database.dialect {
            case .sqlite: "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
            case .postgres:
                "SELECT indexname FROM pg_indexes WHERE schemaname = current_schema() AND indexname NOT LIKE '%_pkey' AND indexname NOT LIKE '%_key'"
            }
        return Set(try await database.read { try $0.rows(query) { $0.text(0) } })
    }

    @Test("tables, columns, nullability and index names are equal", .enabled(if: PostgresSchema.isAvailable, "\(PostgresSchema.reason)"))
    func equal() async throws {
        try await withDatabase(.sqlite) { sqlite in
            try await withDatabase(.postgres) { postgres in
                let (ours, theirs) = (try await columns(sqlite), try await columns(postgres))
                #expect(ours.subtracting(theirs).sorted() == [])
                #expect(theirs.subtracting(ours).sorted() == [])
                #expect(ours.count > 50)
                let (ourIndexes, theirIndexes) = (try await indexes(sqlite), try await indexes(postgres))
                #expect(ourIndexes == theirIndexes)
                #expect(ourIndexes.contains("tasks_ready"))
            }
        }
    }
}
