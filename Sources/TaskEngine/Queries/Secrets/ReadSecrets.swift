package import Storage

/// Reads which secrets a tenant has, and for handlers what is sealed in them.
package enum ReadSecrets {
    /// One page in the order of the names.
    /// - Parameter last: the last name of the page before; nil begins with the first.
    package static func page(
        tenant: String, after last: String? = nil, limit: Int, on connection: any Connection
    ) throws -> [SecretDetail] {
        try connection.rows(
            """
            SELECT name, created_at, updated_at FROM secrets WHERE tenant = \(tenant) AND name > \(last ?? "") ORDER BY name LIMIT \(limit)
            """, SecretDetail.init)
    }

    /// The secret of this name; nil when the tenant has none.
    package static func find(_ name: String, tenant: String, on connection: any Connection) throws -> SecretDetail? {
        try connection.row(
            "SELECT name, created_at, updated_at FROM secrets WHERE tenant = \(tenant) AND name = \(SQLValue.storable(name))",
            SecretDetail.init)
    }

    /// What is sealed under these names; those that are not there are left out.
    static func sealed(_ names: [String], tenant: String, on connection: any Connection) throws -> [String: SealedSecret] {
        var found: [String: SealedSecret] = [:]
        for name in names {
            found[name] = try connection.row(
                "SELECT key_id, sealed FROM secrets WHERE tenant = \(tenant) AND name = \(SQLValue.storable(name))"
            ) { SealedSecret(key: $0.text(0), text: $0.text(1)) }
        }
        return found
    }
}

/// A secret without its value.
package struct SecretDetail: Sendable {
    /// See ``SecretName``.
    package let name: String
    /// Microseconds since 1970.
    package let createdAt: Int64
    /// When its value was given last, microseconds since 1970.
    package let updatedAt: Int64

    init(_ row: Row) throws {
        name = row.text(0)
        createdAt = row.int(1)
        updatedAt = row.int(2)
    }
}
