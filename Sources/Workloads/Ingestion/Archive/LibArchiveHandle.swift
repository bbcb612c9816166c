import CArchive

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Owns one of libarchive's readers and translates its errors.
final class LibArchiveHandle {
    let pointer: OpaquePointer

    init() throws(ArchiveError) {
        _ = Self.locale
        guard let made = archive_read_new() else { throw ArchiveError(.io, "no memory for a reader", position: 0) }
        pointer = made
    }

    deinit {
        archive_read_free(pointer)
    }

    /// Without a UTF-8 locale libarchive gives no name for members whose name is not ASCII. Set once for the process; only
    /// the character type, so that numbers and messages stay as they are. (macOS has no C.UTF-8 before 15.)
    private static let locale: Bool = setlocale(LC_CTYPE, "C.UTF-8") != nil || setlocale(LC_CTYPE, "en_US.UTF-8") != nil

    /// Bytes that libarchive has taken from the file; 0 before it is open.
    var filePosition: Int64 { max(archive_filter_bytes(pointer, -1), 0) }

    /// Lets libarchive read the file itself, from its start.
    func open(_ file: ArchiveFile) throws(ArchiveError) {
        lseek(file.descriptor, 0, SEEK_SET)
        guard archive_read_open_fd(pointer, file.descriptor, 256 << 10) == ARCHIVE_OK else { throw failure(member: nil) }
    }

    /// The reader's last error in our terms.
    func failure(member: String?) -> ArchiveError {
        let message = archive_error_string(pointer).map { String(cString: $0) } ?? "unknown error"
        let code = Self.code(of: message)
        let text = code == .notAnArchive ? "it holds no tar or zip archive" : "the archive is damaged (\(message))"
        return ArchiveError(code, text, member: member, position: filePosition)
    }

    /// libarchive has no stable numbers for these; the texts have not changed in ten years, and what is not known is `damaged`.
    private static func code(of message: String) -> ArchiveError.Code {
        let lower = message.lowercased()
        if lower.contains("unrecognized archive format") { return .notAnArchive }
        if lower.contains("truncated") || lower.contains("no progress") { return .truncated }
        if lower.contains("crc") || lower.contains("checksum") { return .checksum }
        if lower.contains("unsupported") || lower.contains("not supported") { return .unsupported }
        return .damaged
    }
}
