import Synchronization

/// Makes the directories of the blobs, so that a file in one of them can be found after a power cut.
///
/// That a directory is there does not say that its name is on disk: whoever made it may be about to sync it, or may have
/// died before. So each is synced once by each process, and remembered.
final class BlobDirectories: Sendable {
    private let root: String
    private let known = Mutex<Set<String>>([])

    /// - Parameter root: made with all that is above it, when it is first needed.
    init(root: String) {
        self.root = root
    }

    /// When this returns, `path`, which is or lies below the root, and every directory between them are on disk.
    func make(_ path: String) throws {
        guard !known.withLock({ $0.contains(path) }) else { return }
        if path != root, let slash = path.lastIndex(of: "/") { try make(String(path[..<slash])) }
        try DurableFiles.makeDirectory(path, mode: 0o700)
        known.withLock { _ = $0.insert(path) }
    }
}
