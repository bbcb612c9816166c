import Storage

/// An upload whose file has its place, before its row exists.
struct NewUpload: Sendable {
    var tenant: String
    var blob: StoredBlob
    /// The client's name without directories.
    var filename: String
    var type: UploadType
    var label: String?
    var notes: String?
    /// Microseconds since 1970.
    var createdAt: Int64
}
