package import Storage

/// The rows of `secrets`. What is in them is sealed.
package enum SecretRows {
    /// A row as a rotation finds it.
    struct Stored: Sendable {
        let tenant: String
        let name: String
        let sealed: SealedSecret
    }

    /// Before the commit the former value is there, or none; after it the new one. Of several who put a new secret at once one is told
    /// that there was none.
    /// - Returns: whether there was none.
    package static func put(
        _ name: String, _ sealed: SealedSecret, tenant: String, now: Int64, on connection: any Connection
    ) throws -> Bool {
        // Somebody may delete what was in the way of the one before the other looks for it.
        for _ in 0..<10 {
            if try insert(name, sealed, tenant: tenant, now: now, connection) { return true }
            if try update(name, sealed, tenant: tenant, now: now, connection) { return false }
        }
        throw StorageError(.conflict, "the secret is put and deleted by many at once")
    }

    /// - Returns: false when there is one of the name.
    private static func insert(
        _ name: String, _ sealed: SealedSecret, tenant: String, now: Int64, _ connection: any Connection
    ) throws -> Bool {
        try connection.execute(
            """
            INSERT INTO secrets (tenant, name, key_id, sealed, created_at, updated_at)
            VALUES (\(tenant), \(name), \(sealed.key), \(sealed.text), \(now), \(now))
            ON CONFLICT (tenant, name) DO NOTHING
            """) == 1
    }

    /// - Returns: false when there is none of the name.
    private static func update(
        _ name: String, _ sealed: SealedSecret, tenant: String, now: Int64, _ connection: any Connection
    ) throws -> Bool {
        try connection.execute(
            """
            UPDATE secrets SET key_id = \(sealed.key), sealed = \(sealed.text), updated_at = \(now)
            WHERE tenant = \(tenant) AND name = \(name)
            """) == 1
    }

    /// - Returns: false when there was none.
    package static func delete(_ name: String, tenant: String, on connection: any Connection) throws -> Bool {
        try connection.execute("DELETE FROM secrets WHERE tenant = \(tenant) AND name = \(name)") == 1
    }

    /// Rows of all tenants that are sealed under another key, behind a place.
    static func others(
        than key: String, after last: (tenant: String, name: String), limit: Int, on connection: any Connection
    ) throws -> [Stored] {
        try connection.rows(
            """
            SELECT tenant, name, key_id, sealed FROM secrets
            WHERE (tenant, name) > (\(last.tenant), \(last.name)) AND key_id <> \(key) ORDER BY tenant, name LIMIT \(limit)
            """
        ) { Stored(tenant: $0.text(0), name: $0.text(1), sealed: SealedSecret(key: $0.text(2), text: $0.text(3))) }
    }

    /// - Returns: false when the row is not what it was.
    static func replace(_ row: Stored, with sealed: SealedSecret, on connection: any Connection) throws -> Bool {
        try connection.execute(
            """
            UPDATE secrets SET key_id = \(sealed.key), sealed = \(sealed.text)
            WHERE tenant = \(row.tenant) AND name = \(row.name) AND sealed = \(row.sealed.text)
            """) == 1
    }
}
