/// The bytes of a tar stream, piece by piece. Implemented by the plain file and by every compression.
protocol ByteSource: AnyObject {
    /// Bytes of the file read so far.
    var position: Int64 { get }
    /// The next piece, valid until the next call; empty at the end, which is only then reached when all checks of the
    /// compression passed.
    func next() throws(ArchiveError) -> UnsafeRawBufferPointer
}

/// A file as it is. Asks at every piece whether to go on, since compressed data may be long and unpack to nothing.
final class FileSource: ByteSource {
    /// Size of the file.
    var fileSize: Int64 { file.size }
    private let file: ArchiveFile
    private let budget: ArchiveBudget
    private var buffer = GrowingBytes(capacity: pieceBytes)
    private(set) var position: Int64 = 0

    private static let pieceBytes = 256 << 10

    init(_ file: ArchiveFile, budget: ArchiveBudget) {
        self.file = file
        self.budget = budget
    }

    func next() throws(ArchiveError) -> UnsafeRawBufferPointer {
        try budget.check(unpacked: 0, position: position)
        buffer.removeAll()
        try file.read(at: position, count: Self.pieceBytes, into: &buffer)
        position += Int64(buffer.count)
        return buffer.bytes
    }
}
