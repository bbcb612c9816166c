import CArchive

/// Owns one of libarchive's readers, feeds it from a source of bytes, and translates its errors.
final class LibArchiveHandle {
    let pointer: OpaquePointer
    private let source: any ByteSource
    /// Why the source stopped, if it did. libarchive then only knows that it stopped.
    private var sourceFailure: ArchiveError?

    init(_ source: any ByteSource) throws(ArchiveError) {
        guard let made = archive_read_new() else { throw ArchiveError(.io, "no memory for a reader", position: 0) }
        pointer = made
        self.source = source
    }

    deinit {
        archive_read_free(pointer)
    }

    /// Begins to read, after the formats and filters have been chosen.
    func open() throws(ArchiveError) {
        // libarchive calls back only from calls that this object's owner makes, so both live.
        let context = Unmanaged.passUnretained(self).toOpaque()
        let opened = archive_read_open(
            pointer, context, nil,
            { _, context, piece in
                guard let context, let piece, let next = Unmanaged<LibArchiveHandle>.fromOpaque(context).takeUnretainedValue().nextPiece()
                else { return Int(ARCHIVE_FATAL) }
                piece.pointee = next.baseAddress
                return next.count
            }, nil)
        guard opened == ARCHIVE_OK else { throw failure() }
    }

    private func nextPiece() -> UnsafeRawBufferPointer? {
        guard sourceFailure == nil else { return nil }
        do throws(ArchiveError) {
            return try source.next()
        } catch {
            sourceFailure = error
            return nil
        }
    }

    /// The source's failure if there is one, else the reader's last error in our terms.
    func failure() -> ArchiveError {
        if let sourceFailure { return sourceFailure }
        let message = archive_error_string(pointer).map { String(cString: $0) } ?? "unknown error"
        // What it says of compressed data of nothing.
        if message.lowercased().contains("unrecognized archive format") {
            return ArchiveError(.notAnArchive, "it holds no tar archive", position: source.position)
        }
        let code = Self.code(of: message)
        return ArchiveError(code, "the compressed data is damaged (\(message))", position: source.position)
    }

    /// libarchive has no stable numbers for these; the texts have not changed in ten years, and what is not known is `damaged`.
    private static func code(of message: String) -> ArchiveError.Code {
        let lower = message.lowercased()
        if lower.contains("truncated") || lower.contains("no progress") { return .truncated }
        if lower.contains("crc") || lower.contains("checksum") { return .checksum }
        if lower.contains("unsupported") || lower.contains("not supported") { return .unsupported }
        return .damaged
    }
}
