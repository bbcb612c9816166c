package import Storage

/// An artifact whose file has its place, before its row exists.
package struct NewArtifact: Sendable {
    /// Its owner.
    package var tenant: String
    /// The task that stores it.
    package var task: Int64
    /// The claim under which it does.
    package var claim: Int64
    /// The worker that holds the claim.
    package var worker: Int64
    /// Checked: see ``ArtifactName``.
    package var name: String
    /// A media type.
    package var contentType: String
    /// The bytes.
    package var blob: StoredBlob
    /// Microseconds since 1970.
    package var createdAt: Int64

    package init(
        tenant: String, task: Int64, claim: Int64, worker: Int64, name: String, contentType: String, blob: StoredBlob, createdAt: Int64
    ) {
        self.tenant = tenant
        self.task = task
        self.claim = claim
        self.worker = worker
        self.name = name
        self.contentType = contentType
        self.blob = blob
        self.createdAt = createdAt
    }
}
