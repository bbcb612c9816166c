/// How large a benchmark is.
package struct BenchOptions: Sendable {
    /// Tasks to drain or submit, requests to send, members or files to read, stanzas to store.
    package var count: Int
    /// Concurrency of the one pool.
    package var poolLimit: Int
    /// Callers or connections at once.
    package var callers: Int

    /// Members of the large archive.
    package static let largeArchive = 450_000

    /// While the archive is read other tasks are submitted; ``largeArchive`` is compared with one of a third of its members.
    /// Default: no.
    package var isLarge = false
    /// Directory of the files to parse; nil makes them.
    package var directory: String?

    package init(count: Int, poolLimit: Int, callers: Int) {
        self.count = count
        self.poolLimit = poolLimit
        self.callers = callers
    }
}
