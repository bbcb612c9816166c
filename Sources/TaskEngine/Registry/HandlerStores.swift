/// What a process has for its handlers beside the database.
final class HandlerStores: Sendable {
    /// Nothing.
    static let none = HandlerStores(artifacts: nil, secrets: nil)

    let artifacts: ArtifactStore?
    let secrets: SecretStore?

    init(artifacts: ArtifactStore?, secrets: SecretStore?) {
        self.artifacts = artifacts
        self.secrets = secrets
    }
}
