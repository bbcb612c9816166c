import CLZMA

/// xz, unpacked by liblzma, because libarchive sets no limit to the memory that a file may demand for it: some hundred bytes
/// could ask for gigabytes.
///
/// Several streams one after another are one, and zeros between them are padding, as xz itself reads them. What has a check
/// that cannot be verified is refused.
final class XZSource: ByteSource {
    /// Bytes of memory for unpacking. `xz -9` needs 65 MiB.
    static let memoryBytes: UInt64 = 80 << 20

    private let file: FileSource
    private var stream = lzma_stream()
    private let output: UnsafeMutableRawBufferPointer
    private var isFileRead = false
    private var isFinished = false

    /// Bytes taken from the file and used.
    var position: Int64 { file.position - Int64(stream.avail_in) }

    init(_ file: FileSource) throws(ArchiveError) {
        self.file = file
        output = .allocate(byteCount: 256 << 10, alignment: 16)
        // LZMA_TELL_UNSUPPORTED_CHECK and LZMA_CONCATENATED, which do not come over from C.
        guard lzma_stream_decoder(&stream, Self.memoryBytes, 0x02 | 0x08) == LZMA_OK else {
            output.deallocate()
            throw ArchiveError(.io, "no memory to unpack xz", position: 0)
        }
    }

    deinit {
        lzma_end(&stream)
        output.deallocate()
    }

    func next() throws(ArchiveError) -> UnsafeRawBufferPointer {
        stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.avail_out = output.count
        while !isFinished && stream.avail_out > 0 {
            if stream.avail_in == 0 && !isFileRead { try refill() }
            let result = lzma_code(&stream, isFileRead ? LZMA_FINISH : LZMA_RUN)
            if result == LZMA_STREAM_END { isFinished = true } else if result != LZMA_OK { throw failure(result) }
        }
        return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(output)[..<(output.count - stream.avail_out)])
    }

    private func refill() throws(ArchiveError) {
        let input = try file.next()
        stream.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.avail_in = input.count
        isFileRead = input.isEmpty
    }

    private func failure(_ result: lzma_ret) -> ArchiveError {
        switch result {
        case LZMA_BUF_ERROR: ArchiveError(.truncated, "the xz data ends too early", position: position)
        case LZMA_MEMLIMIT_ERROR:
            ArchiveError(.unsupported, "unpacking the xz data takes more than \(Self.memoryBytes >> 20) MiB of memory", position: position)
        case LZMA_MEM_ERROR: ArchiveError(.io, "no memory to unpack xz", position: position)
        case LZMA_OPTIONS_ERROR: ArchiveError(.unsupported, "the xz data uses options that are not supported", position: position)
        case LZMA_UNSUPPORTED_CHECK: ArchiveError(.unsupported, "the xz data has a check that is not supported", position: position)
        default: ArchiveError(.damaged, "the xz data is damaged", position: position)
        }
    }
}
