import Foundation

/// System calls after which files and names are still there when the power was cut. All of them block.
enum DurableFiles {
    /// Makes a directory and those above it that are missing, each durably in its parent. One that is there already may be
    /// so new that whoever made it has died before this was true, so its parent is synced as well, if this user may read it.
    /// - Parameter mode: permissions of what is made.
    static func makeDirectory(_ path: String, mode: mode_t) throws {
        let above = parent(of: path)
        if mkdir(path, mode) == 0 { return try syncDirectory(above) }
        switch errno {
        case EEXIST:
            do { try syncDirectory(above) } catch let error as StorageError where error.code == .readOnly {}
        case ENOENT where above != path:
            try makeDirectory(above, mode: mode)
            try makeDirectory(path, mode: mode)
        default: throw failure("the directory \(path) cannot be made")
        }
    }

    /// Returns when what was written to the file is on disk.
    static func sync(_ descriptor: Int32) throws {
        #if canImport(Darwin)
        guard fcntl(descriptor, F_FULLFSYNC) == 0 else { throw failure("a file cannot be synced") }
        #else
        guard fsync(descriptor) == 0 else { throw failure("a file cannot be synced") }
        #endif
    }

    /// Returns when the names in a directory are on disk.
    static func syncDirectory(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("the directory \(path) cannot be opened") }
        defer { close(descriptor) }
        try sync(descriptor)
    }

    /// The error of the system call that has just failed.
    static func failure(_ what: String) -> StorageError {
        let code: StorageError.Code =
            switch errno {
            case ENOSPC, EDQUOT: .diskFull
            case EROFS, EACCES, EPERM: .readOnly
            default: .ioError
            }
        return StorageError(code, "\(what): \(String(cString: strerror(errno)))")
    }

    private static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
