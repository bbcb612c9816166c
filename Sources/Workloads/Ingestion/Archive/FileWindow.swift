/// A view into a file that moves: many small reads at ascending places cost few system calls, and memory stays bounded.
final class FileWindow {
    private let file: ArchiveFile
    private let pieceBytes: Int
    private var buffer = GrowingBytes()
    /// Where in the file the buffer begins.
    private var start: Int64 = 0

    init(_ file: ArchiveFile, pieceBytes: Int) {
        self.file = file
        self.pieceBytes = pieceBytes
    }

    /// `count` bytes from `offset` on, fewer only at the end of the file. Valid until the next call.
    func bytes(at offset: Int64, count: Int) throws(ArchiveError) -> UnsafeRawBufferPointer {
        let skip = offset - start
        if skip < 0 || skip + Int64(count) > Int64(buffer.count) {
            buffer.removeAll()
            start = offset
            try file.read(at: offset, count: max(count, pieceBytes), into: &buffer)
            return UnsafeRawBufferPointer(rebasing: buffer.bytes[..<min(count, buffer.count)])
        }
        return UnsafeRawBufferPointer(rebasing: buffer.bytes[Int(skip)..<(Int(skip) + count)])
    }
}
