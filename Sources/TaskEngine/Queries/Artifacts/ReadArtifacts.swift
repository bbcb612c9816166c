package import Storage

/// Reads artifacts of a tenant's tasks and runs. Those of another tenant are not there.
package enum ReadArtifacts {
    /// Whose artifacts.
    package enum Owner: Sendable {
        /// A workflow run's, or those of a task that belongs to none.
        case scope(Int64)
        /// Those that one task stored, a node or not.
        case task(Int64)

        fileprivate var condition: SQL {
            switch self {
            case .scope(let id): "a.scope = \(id)"
            case .task(let id): "a.task_id = \(id)"
            }
        }
    }

    /// One page in the order of the names, as bytes.
    /// - Parameter last: the last name of the page before; nil begins with the first.
    package static func page(
        of owner: Owner, tenant: String, after last: String? = nil, limit: Int, on connection: any Connection
    ) throws -> [ArtifactDetail] {
        try connection.rows(
            """
            SELECT \(fragment: ArtifactDetail.columns) FROM artifacts AS a LEFT JOIN tasks AS t ON t.id = a.task_id
            WHERE \(fragment: owner.condition) AND a.tenant = \(tenant) AND a.name > \(last ?? "") ORDER BY a.name LIMIT \(limit)
            """, ArtifactDetail.init)
    }

    /// The artifact of this name; nil when there is none.
    package static func find(
        _ name: String, of owner: Owner, tenant: String, on connection: any Connection
    ) throws -> ArtifactDetail? {
        try connection.row(
            """
            SELECT \(fragment: ArtifactDetail.columns) FROM artifacts AS a LEFT JOIN tasks AS t ON t.id = a.task_id
            WHERE \(fragment: owner.condition) AND a.name = \(SQLValue.storable(name)) AND a.tenant = \(tenant)
            """, ArtifactDetail.init)
    }

    /// How many artifacts a run has, counted up to `limit`. The scope is that of a task that runs, and so of the task's own tenant.
    static func count(in scope: Int64, limit: Int, on connection: any Connection) throws -> Int {
        try connection.row(
            "SELECT COUNT(*) FROM (SELECT 1 FROM artifacts AS a WHERE a.scope = \(scope) LIMIT \(limit)) AS found"
        ) { Int($0.int(0)) } ?? 0
    }

    /// As ``find(_:of:tenant:on:)`` for what a handler sees.
    static func find(_ name: String, scope: Int64, tenant: String, on connection: any Connection) throws -> ArtifactDetail? {
        try find(name, of: .scope(scope), tenant: tenant, on: connection)
    }
}

/// An artifact with where it comes from.
package struct ArtifactDetail: Sendable {
    /// The file.
    package let artifact: Artifact
    /// The task that stored it.
    package let task: Int64
    /// Position of the node that the task is in the plan of its run; nil for a task of its own.
    package let node: Int?
    /// Position in the list, where the node runs once for each element of one.
    package let element: Int?
    /// When it was stored, microseconds since 1970.
    package let createdAt: Int64

    static let columns: SQL = "a.name, a.content_type, a.size, a.sha256, a.task_id, t.node, t.element, a.created_at"

    init(_ row: Row) throws {
        artifact = Artifact(name: row.text(0), contentType: row.text(1), size: row.int(2), sha256: row.text(3))
        task = row.int(4)
        node = row.intOrNil(5).map(Int.init)
        element = row.intOrNil(6).map(Int.init)
        createdAt = row.int(7)
    }
}
