import Storage

/// An upload as clients see it, with its latest run.
struct UploadDetail: Sendable {
    let id: Int64
    let filename: String
    let size: Int64
    let sha256: String
    let type: String
    let label: String?
    let notes: String?
    let createdAt: Int64
    let runID: Int64?
    let taskID: Int64?
    /// Of the run.
    let status: String?

    static let columns: SQL = """
        u.id, u.filename, u.size, u.sha256, u.type, u.label, u.notes, u.created_at, r.id, r.task_id, \(fragment: RunDetail.status)
        """

    static let joins: SQL = """
        LEFT JOIN runs AS r ON r.id = (SELECT MAX(latest.id) FROM runs AS latest WHERE latest.upload_id = u.id)
        LEFT JOIN tasks AS t ON t.id = r.task_id
        """

    init(_ row: Row) {
        id = row.int(0)
        filename = row.text(1)
        size = row.int(2)
        sha256 = row.text(3)
        type = row.text(4)
        label = row.textOrNil(5)
        notes = row.textOrNil(6)
        createdAt = row.int(7)
        runID = row.intOrNil(8)
        taskID = row.intOrNil(9)
        status = row.textOrNil(10)
    }
}

/// Reads a tenant's uploads. An upload of another tenant is not there.
enum ReadUploads {
    /// Nil when the tenant has no such upload.
    static func detail(_ id: Int64, tenant: String, on connection: any Connection) throws -> UploadDetail? {
        try connection.row(
            """
            SELECT \(fragment: UploadDetail.columns) FROM uploads AS u \(fragment: UploadDetail.joins)
            WHERE u.id = \(id) AND u.tenant = \(tenant)
            """, UploadDetail.init)
    }

    /// Newest first.
    static func page(tenant: String, after lastID: Int64?, limit: Int, on connection: any Connection) throws -> [UploadDetail] {
        try connection.rows(
            """
            SELECT \(fragment: UploadDetail.columns) FROM uploads AS u \(fragment: UploadDetail.joins)
            WHERE u.tenant = \(tenant) AND u.id < \(lastID ?? .max) ORDER BY u.id DESC LIMIT \(limit)
            """, UploadDetail.init)
    }
}
