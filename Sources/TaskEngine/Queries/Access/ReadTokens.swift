package import Storage

/// Reads stored tokens.
package enum ReadTokens {
    /// One page, the newest first.
    /// - Parameter last: the id of the last one of the page before; nil begins with the newest.
    package static func page(
        tenant: String, before last: Int64? = nil, limit: Int, on connection: any Connection
    ) throws -> [StoredToken] {
        try connection.rows(
            """
            SELECT \(fragment: StoredToken.columns) FROM tokens WHERE tenant = \(tenant) AND id < \(last ?? Int64.max) ORDER BY id DESC LIMIT \(limit)
            """, StoredToken.init)
    }

    /// The token of this id; nil when the tenant has none.
    package static func find(_ id: Int64, tenant: String, on connection: any Connection) throws -> StoredToken? {
        try connection.row(
            "SELECT \(fragment: StoredToken.columns) FROM tokens WHERE id = \(id) AND tenant = \(tenant)", StoredToken.init)
    }
}
