import CZlib

/// gzip (RFC 1952), unpacked by zlib, because libarchive's own filter believes a wrong CRC or length in the trailer.
///
/// Several gzip members one after another are one stream, as gzip itself reads them. Zeros behind the last one are padding;
/// anything else there is an error.
final class GzipSource: ByteSource {
    private let file: FileSource
    private var stream = z_stream()
    private var input = UnsafeRawBufferPointer(start: nil, count: 0)
    private let output: UnsafeMutableRawBufferPointer
    private var state = State.inMember

    private enum State { case inMember, betweenMembers, finished }

    /// Bytes taken from the file and used.
    var position: Int64 { file.position - Int64(stream.avail_in) }

    init(_ file: FileSource) throws(ArchiveError) {
        self.file = file
        output = .allocate(byteCount: 256 << 10, alignment: 16)
        // 15 bits of window, plus 16 for "gzip only": then zlib checks CRC-32 and length.
        guard inflateInit2_(&stream, 31, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
            output.deallocate()
            throw ArchiveError(.io, "no memory to unpack gzip", position: 0)
        }
    }

    deinit {
        inflateEnd(&stream)
        output.deallocate()
    }

    func next() throws(ArchiveError) -> UnsafeRawBufferPointer {
        stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.avail_out = UInt32(output.count)
        while state != .finished && stream.avail_out > 0 {
            if stream.avail_in == 0 {
                try refill()
                if input.isEmpty {
                    if state == .inMember { throw ArchiveError(.truncated, "the gzip data ends too early", position: position) }
                    state = .finished
                    break
                }
            }
            switch state {
            case .inMember: try unpack()
            case .betweenMembers: try startMember()
            case .finished: break
            }
        }
        return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(output)[..<(output.count - Int(stream.avail_out))])
    }

    private func refill() throws(ArchiveError) {
        input = try file.next()
        stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress?.assumingMemoryBound(to: UInt8.self))
        stream.avail_in = UInt32(input.count)
    }

    private func unpack() throws(ArchiveError) {
        switch inflate(&stream, Z_NO_FLUSH) {
        case Z_OK, Z_BUF_ERROR:
            return
        case Z_STREAM_END:
            state = .betweenMembers
        default:
            let reason = stream.msg.map { String(cString: $0) } ?? "unknown error"
            let isChecksum = reason.contains("data check") || reason.contains("length check") || reason.contains("crc")
            throw ArchiveError(isChecksum ? .checksum : .damaged, "the gzip data is damaged (\(reason))", position: position)
        }
    }

    /// Skips zeros, then begins the next member or says what is wrong.
    private func startMember() throws(ArchiveError) {
        while stream.avail_in > 0, let next = stream.next_in, next.pointee == 0 {
            stream.next_in = next + 1
            stream.avail_in -= 1
        }
        guard stream.avail_in > 0, let next = stream.next_in else { return }
        guard next.pointee == 0x1F else {
            throw ArchiveError(.trailingData, "there is other data behind the end of the gzip data", position: position)
        }
        inflateReset(&stream)
        state = .inMember
    }
}
