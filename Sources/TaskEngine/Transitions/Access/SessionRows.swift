import Storage

/// The rows of `sessions`.
enum SessionRows {
    /// Expired ones that a login takes away beside.
    static let swept = 100

    /// Begins a session.
    static func insert(_ session: StoredSession, digest: String, now: Int64, on connection: any Connection) throws {
        try connection.execute(
            """
            INSERT INTO sessions (digest, tenant, subject, role, token_id, created_at, expires_at)
            VALUES (\(digest), \(session.tenant), \(session.subject), \(session.role), \(session.token), \(now), \(session.expiresAt))
            """)
    }

    /// Takes some of the expired ones away.
    static func deleteExpired(now: Int64, on connection: any Connection) throws {
        try connection.execute(
            """
            DELETE FROM sessions WHERE digest IN (SELECT digest FROM sessions WHERE expires_at <= \(now) ORDER BY expires_at LIMIT \(swept))
            """)
    }

    /// Ends a session; none of the digest is no mistake.
    static func delete(digest: String, on connection: any Connection) throws {
        try connection.execute("DELETE FROM sessions WHERE digest = \(digest)")
    }

    /// The session of a digest, of whatever tenant; nil when it has ended, or the token that it was begun with has expired.
    static func find(digest: String, now: Int64, on connection: any Connection) throws -> StoredSession? {
        try connection.row(
            """
            SELECT tenant, subject, role, token_id, expires_at FROM sessions
            WHERE digest = \(digest) AND expires_at > \(now) AND (token_id IS NULL OR EXISTS (
                SELECT 1 FROM tokens WHERE id = token_id AND (tokens.expires_at IS NULL OR tokens.expires_at > \(now))))
            """, StoredSession.init)
    }
}
