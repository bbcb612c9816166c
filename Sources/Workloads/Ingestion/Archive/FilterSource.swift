import CArchive

/// bzip2 and Zstandard, unpacked by libarchive. Their checks are done by the libraries under it, which also bound their memory
/// (bzip2 4 MB; Zstandard windows of at most 128 MiB). What is packed twice in the same way libarchive unpacks twice.
final class FilterSource: ByteSource {
    private let fileSize: Int64
    private let handle: LibArchiveHandle
    private let output: UnsafeMutableRawBufferPointer

    /// Bytes taken from the file and used.
    var position: Int64 { max(archive_filter_bytes(handle.pointer, -1), 0) }

    init(_ file: FileSource, _ format: ArchiveFormat) throws(ArchiveError) {
        fileSize = file.fileSize
        handle = try LibArchiveHandle(file)
        output = .allocate(byteCount: 256 << 10, alignment: 16)
        let added =
            switch format {
            case .bzip2: archive_read_support_filter_bzip2(handle.pointer)
            case .zstd: archive_read_support_filter_zstd(handle.pointer)
            case .tar, .gzip, .xz, .zip: ARCHIVE_FATAL
            }
        // ARCHIVE_WARN would mean that libarchive wants to start a program for it.
        guard added == ARCHIVE_OK, archive_read_support_format_raw(handle.pointer) == ARCHIVE_OK else {
            throw ArchiveError(.unsupported, "\(format.rawValue) is not supported by this system's libarchive", position: 0)
        }
        var entry: OpaquePointer?
        try handle.open()
        guard archive_read_next_header(handle.pointer, &entry) == ARCHIVE_OK else { throw handle.failure() }
    }

    deinit {
        output.deallocate()
    }

    func next() throws(ArchiveError) -> UnsafeRawBufferPointer {
        let count = archive_read_data(handle.pointer, output.baseAddress, output.count)
        guard count >= 0 else { throw handle.failure() }
        guard count > 0 || position >= fileSize else {
            throw ArchiveError(.trailingData, "there is other data behind the end of the compressed data", position: position)
        }
        return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(output)[..<count])
    }
}
