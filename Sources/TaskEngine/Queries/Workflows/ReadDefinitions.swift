package import Storage

/// Definitions as they were registered.
package enum ReadDefinitions {
    /// One version of a definition.
    package struct Stored: Sendable, Equatable {
        /// Row of `workflows`.
        package let id: Int64
        /// Its owner; "" for one that is built in.
        package let tenant: String
        /// Name that runs are started by.
        package let name: String
        /// From 1.
        package let version: Int
        /// SHA-256 of what it says, hex.
        package let digest: String
        /// JSON.
        package let text: String
        /// Microseconds since 1970.
        package let createdAt: Int64
    }

    /// The definition in this row, if it is the tenant's own or built in.
    static func find(_ id: Int64, tenant: String, on connection: any Connection) throws -> Stored? {
        try connection.row(
            """
            SELECT \(fragment: columns) FROM workflows WHERE id = \(id) AND (tenant = \(tenant) OR tenant = '')
            """, stored)
    }

    /// The tenant's own definition of this name, else the built-in one.
    /// - Parameter version: nil for the latest.
    package static func find(
        _ name: String, version: Int?, tenant: String, on connection: any Connection
    ) throws -> Stored? {
        if let own = try of(tenant, name, version, connection) { return own }
        return tenant.isEmpty ? nil : try of("", name, version, connection)
    }

    private static func of(_ tenant: String, _ name: String, _ version: Int?, _ connection: any Connection) throws -> Stored? {
        let which: SQL = version.map { " AND version = \(Int64($0))" } ?? ""
        return try connection.row(
            """
            SELECT \(fragment: columns) FROM workflows
            WHERE tenant = \(tenant) AND name = \(name)\(fragment: which) ORDER BY version DESC LIMIT 1
            """, stored)
    }

    private static let columns: SQL = "id, tenant, name, version, digest, definition, created_at"

    private static func stored(_ row: Row) -> Stored {
        Stored(
            id: row.int(0), tenant: row.text(1), name: row.text(2), version: Int(row.int(3)), digest: row.text(4), text: row.text(5),
            createdAt: row.int(6))
    }

    /// The text of a definition that a run follows.
    static func text(_ id: Int64, on connection: any Connection) throws -> String? {
        try connection.row("SELECT definition FROM workflows WHERE id = \(id)") { $0.text(0) }
    }
}
