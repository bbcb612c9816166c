package import Storage

/// Lists the workflows that a tenant can run, by name: its own, and built-in ones that it has none of the same name of.
package enum ListWorkflows {
    /// The latest version of a workflow as a list shows it.
    package struct Item: Sendable {
        /// Name that runs are started by.
        package let name: String
        /// From 1.
        package let version: Int
        /// Whether it came with the program and is everybody's.
        package let isBuiltIn: Bool
        /// SHA-256 of what it says, hex.
        package let digest: String
        /// Microseconds since 1970.
        package let createdAt: Int64
    }

    /// One page.
    /// - Parameters:
    ///   - last: the last name of the page before; nil begins with the first.
    ///   - limit: most rows returned.
    package static func page(tenant: String, after last: String? = nil, limit: Int, on connection: any Connection) throws -> [Item] {
        let own = try latest(of: tenant, after: last, limit: limit, connection)
        guard !tenant.isEmpty else { return own }
        let builtIn = try latest(of: "", hiddenBy: tenant, after: last, limit: limit, connection)
        return Array((own + builtIn).sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }.prefix(limit))
    }

    /// The version numbers of a workflow, the latest first; at most `limit`. Empty when the tenant has no such workflow of its own and
    /// none is built in.
    package static func versions(of name: String, owner: String, limit: Int, on connection: any Connection) throws -> [Int] {
        try connection.rows(
            "SELECT version FROM workflows WHERE tenant = \(owner) AND name = \(name) ORDER BY version DESC LIMIT \(limit)"
        ) { Int($0.int(0)) }
    }

    /// - Parameter other: names of this tenant's workflows are left out.
    private static func latest(
        of owner: String, hiddenBy other: String? = nil, after last: String?, limit: Int, _ connection: any Connection
    ) throws -> [Item] {
        let behind: SQL = last.map { " AND w.name > \($0)" } ?? ""
        let shown: SQL =
            other.map { " AND NOT EXISTS (SELECT 1 FROM workflows AS o WHERE o.tenant = \($0) AND o.name = w.name)" } ?? ""
        return try connection.rows(
            """
            SELECT w.name, w.version, w.digest, w.created_at FROM workflows AS w
            WHERE w.tenant = \(owner)\(fragment: behind)\(fragment: shown) AND NOT EXISTS (
                SELECT 1 FROM workflows AS n WHERE n.tenant = w.tenant AND n.name = w.name AND n.version > w.version)
            ORDER BY w.name, w.version LIMIT \(limit)
            """
        ) {
            Item(
                name: $0.text(0), version: Int($0.int(1)), isBuiltIn: owner.isEmpty, digest: $0.text(2), createdAt: $0.int(3))
        }
    }
}
