/// What never changes about a run: with it a worker finds what a node is to do.
package struct RunHead: Sendable, Equatable {
    /// The run.
    package let id: Int64
    /// Row of `workflows`.
    package let definition: Int64
    /// Digest of that row's text, by which plans are kept.
    package let digest: String
}
