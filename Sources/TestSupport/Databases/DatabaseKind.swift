package import Storage

/// The databases that every storage and transition test runs on: `@Test(arguments: DatabaseKind.available)`.
package enum DatabaseKind: String, Sendable, CaseIterable {
    case sqlite
    case postgres

    /// Those that can be reached from here: PostgreSQL only beside a server (`scripts/with-postgres swift test`).
    package static let available: [DatabaseKind] = PostgresSchema.isAvailable ? [.sqlite, .postgres] : [.sqlite]

    /// The dialect of this kind's statements.
    package var dialect: Dialect {
        switch self {
        case .sqlite: .sqlite
        case .postgres: .postgres
        }
    }
}
