/// How long a JSON body may be.
package enum BodyLimit {
    /// Largest input of one task, 256 KiB; handlers check it on the field itself.
    package static let taskInputBytes = 256 * 1024
    /// A body that holds one task or the like: the largest input and 64 KiB for everything around it.
    package static let singleBytes = taskInputBytes + 64 * 1024
    /// A body that holds many: 32 MiB.
    package static let batchBytes = 32 * 1024 * 1024
    /// How deep arrays and objects may nest.
    package static let depth = 64
}
