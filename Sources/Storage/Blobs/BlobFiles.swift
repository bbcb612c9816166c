import Foundation

/// The system calls of the blob directory. All of them block; ``BlobStore`` calls them on its own queue.
enum BlobFiles {
    /// Makes a new file and locks it. As long as the descriptor is open nobody takes the file for a dead process's.
    static func createLocked(_ path: String) throws -> Int32 {
        let descriptor = Foundation.open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw DurableFiles.failure("an incoming file cannot be made") }
        var status = stat()
        // A sweep may have found the file before the lock: then it has no name any more.
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, fstat(descriptor, &status) == 0, status.st_nlink == 1 else {
            close(descriptor)
            throw StorageError(.unavailable, "an incoming file was removed while it was made")
        }
        return descriptor
    }

    static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) throws {
        var rest = bytes
        while let start = rest.baseAddress, rest.count > 0 {
            let count = Foundation.write(descriptor, start, rest.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw DurableFiles.failure("an incoming file cannot be written")
            }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Opens a file to be read; nil if there is none.
    static func open(_ path: String) throws -> (descriptor: Int32, size: Int64)? {
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return nil }
            throw DurableFiles.failure("a stored file cannot be opened")
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            defer { close(descriptor) }
            throw DurableFiles.failure("a stored file cannot be looked at")
        }
        return (descriptor, Int64(status.st_size))
    }

    /// Moves a file over whatever is there.
    /// - Returns: false when there is no such file.
    @discardableResult
    static func move(_ path: String, to target: String) throws -> Bool {
        if rename(path, target) == 0 { return true }
        if errno == ENOENT { return false }
        throw DurableFiles.failure("a stored file cannot be moved")
    }

    /// Removes a file; nothing happens when there is none.
    static func remove(_ path: String) throws {
        guard unlink(path) == 0 || errno == ENOENT else { throw DurableFiles.failure("a file cannot be removed") }
    }

    /// Removes a file unless a living process has it locked.
    static func removeUnlessLocked(_ path: String) throws -> Bool {
        let descriptor = Foundation.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return false }
            throw DurableFiles.failure("an incoming file cannot be opened")
        }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else { return false }
        try remove(path)
        return true
    }

    /// Names in a directory, without `.` and `..`; none if it does not exist.
    static func names(in path: String) throws -> [String] {
        guard let directory = opendir(path) else {
            if errno == ENOENT || errno == ENOTDIR { return [] }
            throw DurableFiles.failure("the directory \(path) cannot be read")
        }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
                field.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    /// Bytes that this process may still write to the disk of `path`.
    static func freeBytes(_ path: String) throws -> Int64 {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { throw DurableFiles.failure("the free space of \(path) cannot be read") }
        let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return overflow ? .max : Int64(clamping: bytes)
    }
}
