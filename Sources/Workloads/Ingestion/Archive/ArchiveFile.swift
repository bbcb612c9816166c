#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The file that an archive is in, open for reading. Closed with its last reference.
final class ArchiveFile {
    /// The descriptor, for libarchive. Owned by this object.
    let descriptor: Int32
    /// Size when it was opened.
    let size: Int64

    /// Opens a file.
    init(path: String) throws(ArchiveError) {
        let opened = open(path, O_RDONLY | O_CLOEXEC)
        guard opened >= 0 else { throw ArchiveError(.io, "the file cannot be opened (error \(errno))", position: 0) }
        descriptor = opened
        var status = stat()
        guard fstat(opened, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(opened)
            throw ArchiveError(.io, "it is not a regular file", position: 0)
        }
        size = Int64(status.st_size)
    }

    deinit {
        close(descriptor)
    }

    /// Appends up to `count` bytes from `offset` on to `out`; fewer only at the end of the file.
    func read(at offset: Int64, count: Int, into out: inout GrowingBytes) throws(ArchiveError) {
        var done = 0
        while done < count {
            let result = pread(descriptor, out.reserve(count - done), count - done, off_t(offset) + off_t(done))
            if result < 0 && errno == EINTR { continue }
            guard result >= 0 else { throw ArchiveError(.io, "the file cannot be read (error \(errno))", position: offset + Int64(done)) }
            if result == 0 { return }
            out.commit(result)
            done += result
        }
    }
}
