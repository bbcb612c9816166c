import CZlib

/// The data of one member of a zip file, stored or deflated, unpacked piece by piece and checked against what the directory
/// says: length before and after, and CRC-32.
///
/// One object serves a whole archive, member after member, since a new inflater costs more than many members do.
final class ZipData {
    private let file: ArchiveFile
    private var stream = z_stream()
    private var input = GrowingBytes()
    private let output: UnsafeMutableRawBufferPointer
    private var header = ZipRecord.Header(flags: 0, method: 0, crc: 0, packed: 0, unpacked: 0)
    private var offset: Int64 = 0
    private var packedLeft: UInt64 = 0
    private var produced: UInt64 = 0
    private var crc: UInt = 0
    private var ended = true

    /// Bytes of the file up to which the data was taken.
    var position: Int64 { offset - Int64(stream.avail_in) }

    init(_ file: ArchiveFile) throws(ArchiveError) {
        self.file = file
        output = .allocate(byteCount: 256 << 10, alignment: 16)
        // -15: deflate without a frame.
        guard inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            output.deallocate()
            throw ArchiveError(.io, "no memory to unpack zip", position: 0)
        }
    }

    deinit {
        inflateEnd(&stream)
        output.deallocate()
    }

    /// Begins with a member whose data begins at `offset`.
    func begin(_ header: ZipRecord.Header, at offset: Int64) throws(ArchiveError) {
        self.header = header
        self.offset = offset
        packedLeft = header.packed
        produced = 0
        crc = 0
        ended = false
        stream.avail_in = 0
        if header.method == 8 { inflateReset(&stream) }
        guard header.method != 0 || header.packed == header.unpacked else {
            throw ArchiveError(.damaged, "a stored member's two lengths differ", position: offset)
        }
    }

    /// The next piece of the data, valid until the next call; empty at the end, which is only then reached when the
    /// lengths and the checksum were right.
    func next() throws(ArchiveError) -> UnsafeRawBufferPointer {
        guard !ended else { return UnsafeRawBufferPointer(start: nil, count: 0) }
        let piece = header.method == 0 ? try stored() : try inflated()
        produced += UInt64(piece.count)
        guard produced <= header.unpacked else { throw wrongLength() }
        if piece.isEmpty {
            ended = true
            guard produced == header.unpacked, packedLeft == 0, stream.avail_in == 0 else { throw wrongLength() }
            guard crc == UInt(header.crc) else { throw ArchiveError(.checksum, "a member's checksum is wrong", position: position) }
        } else {
            crc = CZlib.crc32(crc, piece.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(piece.count))
        }
        return piece
    }

    private func wrongLength() -> ArchiveError {
        ArchiveError(.damaged, "a member has not the length that the zip file's directory says", position: position)
    }

    private func stored() throws(ArchiveError) -> UnsafeRawBufferPointer {
        input.removeAll()
        try fill()
        return input.bytes
    }

    /// Appends up to 256 KiB of packed data.
    private func fill() throws(ArchiveError) {
        let count = Int(min(packedLeft, 256 << 10))
        try file.read(at: offset, count: count, into: &input)
        guard input.count == count else { throw ArchiveError(.truncated, "the file ends within a member", position: offset) }
        offset += Int64(count)
        packedLeft -= UInt64(count)
    }

    private func inflated() throws(ArchiveError) -> UnsafeRawBufferPointer {
        stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.avail_out = UInt32(output.count)
        while stream.avail_out > 0 {
            if stream.avail_in == 0 && packedLeft > 0 { try refill() }
            let result = inflate(&stream, Z_NO_FLUSH)
            if result == Z_STREAM_END { break }
            // Without input and output Z_BUF_ERROR says that the data ends too early.
            guard result == Z_OK else {
                let reason = stream.msg.map { String(cString: $0) } ?? "it ends too early"
                throw ArchiveError(.damaged, "a member's data is damaged (\(reason))", position: position)
            }
        }
        return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(output)[..<(output.count - Int(stream.avail_out))])
    }

    private func refill() throws(ArchiveError) {
        input.removeAll()
        try fill()
        let bytes = input.bytes
        stream.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.avail_in = UInt32(bytes.count)
    }
}
