import CArchive

/// bzip2, xz and Zstandard, unpacked by libarchive. Their checks are done by the libraries under it.
final class FilterSource: ByteSource {
    private let file: ArchiveFile
    private let handle: LibArchiveHandle
    private let output: UnsafeMutableRawBufferPointer

    var position: Int64 { handle.filePosition }

    init(_ file: ArchiveFile, _ format: ArchiveFormat) throws(ArchiveError) {
        self.file = file
        handle = try LibArchiveHandle()
        output = .allocate(byteCount: 256 << 10, alignment: 16)
        let added =
            switch format {
            case .bzip2: archive_read_support_filter_bzip2(handle.pointer)
            case .xz: archive_read_support_filter_xz(handle.pointer)
            case .zstd: archive_read_support_filter_zstd(handle.pointer)
            case .tar, .gzip, .zip: ARCHIVE_FATAL
            }
        // ARCHIVE_WARN would mean that libarchive wants to start a program for it.
        guard added == ARCHIVE_OK, archive_read_support_format_raw(handle.pointer) == ARCHIVE_OK else {
            throw ArchiveError(.unsupported, "\(format.rawValue) is not supported by this system's libarchive", position: 0)
        }
        var entry: OpaquePointer?
        try handle.open(file)
        guard archive_read_next_header(handle.pointer, &entry) == ARCHIVE_OK else { throw handle.failure(member: nil) }
    }

    deinit {
        output.deallocate()
    }

    func next() throws(ArchiveError) -> UnsafeRawBufferPointer {
        let count = archive_read_data(handle.pointer, output.baseAddress, output.count)
        guard count >= 0 else { throw handle.failure(member: nil) }
        guard count > 0 || position >= file.size else {
            throw ArchiveError(.trailingData, "there is other data behind the end of the compressed data", position: position)
        }
        return UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(output)[..<count])
    }
}
