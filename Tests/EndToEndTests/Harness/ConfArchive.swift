import CArchive
import Foundation
import TestSupport

/// Archives of configuration files, as an operator would pack them with `tar czf`.
enum ConfArchive {
    /// A tar.gz of `files` in their order.
    static func tarGz(_ files: [(path: String, text: String)]) throws -> [UInt8] {
        guard let writer = archive_write_new(), let entry = archive_entry_new() else { throw HarnessError("no archive writer") }
        defer {
            archive_entry_free(entry)
            archive_write_free(writer)
        }
        archive_write_add_filter_gzip(writer)
        archive_write_set_format_ustar(writer)
        var packed = [UInt8](repeating: 0, count: files.reduce(1 << 16) { $0 + $1.text.utf8.count + 2048 })
        var used = 0
        try packed.withUnsafeMutableBytes { buffer in
            try check(archive_write_open_memory(writer, buffer.baseAddress, buffer.count, &used), writer)
            for file in files {
                let bytes = Array(file.text.utf8)
                archive_entry_clear(entry)
                archive_entry_set_pathname(entry, file.path)
                archive_entry_set_size(entry, Int64(bytes.count))
                archive_entry_set_filetype(entry, 0o100000)
                archive_entry_set_perm(entry, 0o644)
                try check(archive_write_header(writer, entry), writer)
                guard archive_write_data(writer, bytes, bytes.count) == bytes.count else { throw HarnessError("the archive is full") }
            }
            try check(archive_write_close(writer), writer)
        }
        return Array(packed[..<used])
    }

    /// An archive with this many apps, each with a `local/props.conf` of `stanzas` stanzas, and the stanzas' names.
    /// - Parameters:
    ///   - label: makes it differ from others of the same size.
    ///   - comments: lines of comment at the end of each file, which take time to read and leave nothing.
    static func apps(_ apps: Int, stanzas: Int, label: String = "", comments: Int = 0) throws -> (bytes: [UInt8], names: [String]) {
        var names: [String] = []
        // Lines that differ: an archive that unpacks to more than 200 times its size is refused.
        var random = SeededRandom(seed: 1)
        let comment = (0..<comments).map { _ in "# A line of comment that is only there to be read: \(random.next())\n" }.joined()
        let files = (0..<apps).map { app in
            let text = (0..<stanzas).map { stanza in
                names.append("source::\(label)\(app)/\(stanza)")
                return "[\(names.last ?? "")]\nTRUNCATE = \(stanza)\nSHOULD_LINEMERGE = false\n"
            }
            return ("etc/apps/app\(app)/local/props.conf", text.joined(separator: "\n") + comment)
        }
        return (try tarGz(files), names)
    }

    private static func check(_ result: Int32, _ writer: OpaquePointer) throws {
        guard result == ARCHIVE_OK else {
            throw HarnessError(
                "the archive could not be written: \(archive_error_string(writer).map { String(cString: $0) } ?? "\(result)")")
        }
    }
}
