/// A named file that a handler stored with its task or, for a node, with its workflow run.
public struct Artifact: Sendable, Codable, Equatable {
    /// Its name; see ``ArtifactName``.
    public let name: String
    /// What is in it, as the handler said: a media type.
    public let contentType: String
    /// Bytes.
    public let size: Int64
    /// SHA-256 of the bytes, 64 hexadecimal digits in lower case.
    public let sha256: String

    /// An artifact by its parts.
    package init(name: String, contentType: String, size: Int64, sha256: String) {
        self.name = name
        self.contentType = contentType
        self.size = size
        self.sha256 = sha256
    }
}
