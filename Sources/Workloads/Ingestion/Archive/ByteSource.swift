/// The bytes of a tar stream, piece by piece. Implemented by the plain file, by gzip and by libarchive's other filters.
protocol ByteSource: AnyObject {
    /// Bytes of the file read so far.
    var position: Int64 { get }
    /// The next piece, valid until the next call; empty at the end, which is only then reached when all checks of the
    /// compression passed.
    func next() throws(ArchiveError) -> UnsafeRawBufferPointer
}

/// A file as it is.
final class FileSource: ByteSource {
    private let file: ArchiveFile
    private var buffer: GrowingBytes
    private let pieceBytes: Int
    private(set) var position: Int64 = 0

    init(_ file: ArchiveFile, pieceBytes: Int = 256 << 10) {
        self.file = file
        self.pieceBytes = pieceBytes
        buffer = GrowingBytes(capacity: pieceBytes)
    }

    func next() throws(ArchiveError) -> UnsafeRawBufferPointer {
        buffer.removeAll()
        try file.read(at: position, count: pieceBytes, into: &buffer)
        position += Int64(buffer.count)
        return buffer.bytes
    }
}
