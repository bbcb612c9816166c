import JSONText
package import Storage

/// The rows of `tokens`. Before a commit a token is not there, or is; after it the other way round.
package enum TokenRows {
    /// Most tokens of a tenant.
    package static let most = 1000

    /// What storing led to.
    package enum Result: Sendable, Equatable {
        /// It is stored.
        case stored(StoredToken)
        /// The tenant has another one of this name.
        case nameTaken
        /// The tenant has as many as it may have.
        case tooMany
    }

    /// Stores a token.
    package static func insert(_ new: NewToken, tenant: String, now: Int64, on connection: any Connection) throws -> Result {
        guard try count(tenant, connection) < most else { return .tooMany }
        let id = try connection.allocateID()
        let types = new.types.map(Self.json)
        let inserted = try connection.execute(
            """
            INSERT INTO tokens (id, tenant, name, digest, role, types, created_by, created_at, expires_at)
            VALUES (\(id), \(tenant), \(new.name), \(new.digest), \(new.role), \(types), \(new.createdBy), \(now), \(new.expiresAt))
            ON CONFLICT (tenant, name) DO NOTHING
            """)
        guard inserted == 1, let stored = try ReadTokens.find(id, tenant: tenant, on: connection) else { return .nameTaken }
        return .stored(stored)
    }

    /// Takes a token away, and with it the sessions that were begun with it.
    /// - Returns: false when the tenant has no such token.
    package static func delete(_ id: Int64, tenant: String, on connection: any Connection) throws -> Bool {
        guard try connection.execute("DELETE FROM tokens WHERE id = \(id) AND tenant = \(tenant)") == 1 else { return false }
        try connection.execute("DELETE FROM sessions WHERE token_id = \(id)")
        return true
    }

    /// The token of a digest, of whatever tenant: whose it is, is what it tells. Nil when it has expired.
    static func find(digest: String, now: Int64, on connection: any Connection) throws -> StoredToken? {
        try connection.row(
            """
            SELECT \(fragment: StoredToken.columns) FROM tokens WHERE digest = \(digest) AND (expires_at IS NULL OR expires_at > \(now))
            """, StoredToken.init)
    }

    private static func json(_ words: [String]) -> String {
        var writer = JSONWriter()
        writer.array { array in for word in words { array.value(word) } }
        return writer.text
    }

    private static func count(_ tenant: String, _ connection: any Connection) throws -> Int {
        Int(try connection.row("SELECT COUNT(*) FROM tokens WHERE tenant = \(tenant)") { $0.int(0) } ?? 0)
    }
}
