import CArchive
import Workloads

/// Compresses bytes with libarchive's writers.
enum PackedBytes {
    static func pack(_ bytes: [UInt8], _ format: ArchiveFormat) throws -> [UInt8] {
        guard let writer = archive_write_new(), let entry = archive_entry_new() else { throw PackingFailed() }
        defer {
            archive_entry_free(entry)
            archive_write_free(writer)
        }
        switch format {
        case .tar, .zip: return bytes
        case .gzip: archive_write_add_filter_gzip(writer)
        case .bzip2: archive_write_add_filter_bzip2(writer)
        case .xz: archive_write_add_filter_xz(writer)
        case .zstd: archive_write_add_filter_zstd(writer)
        }
        archive_write_set_format_raw(writer)
        archive_write_set_bytes_in_last_block(writer, 1)
        var packed = [UInt8](repeating: 0, count: bytes.count + bytes.count / 8 + 4096)
        var used = 0
        archive_entry_set_filetype(entry, 0o100000)
        try packed.withUnsafeMutableBytes { buffer in
            guard archive_write_open_memory(writer, buffer.baseAddress, buffer.count, &used) == ARCHIVE_OK,
                archive_write_header(writer, entry) == ARCHIVE_OK,
                archive_write_data(writer, bytes, bytes.count) == bytes.count,
                archive_write_close(writer) == ARCHIVE_OK
            else { throw PackingFailed() }
        }
        return Array(packed[..<used])
    }

    struct PackingFailed: Error {}
}
