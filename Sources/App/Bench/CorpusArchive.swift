import CZlib
import Foundation

/// Writes the corpus as a tar.gz, streaming.
struct CorpusArchive {
    /// What was written.
    struct Contents {
        var members = 0
        var unpackedBytes = 0
        var packedBytes = 0
        var stanzas = 0
        var settings = 0
    }

    /// Writes `members` members to `path`; one in `otherEvery` is no configuration.
    static func write(members: Int, otherEvery: Int, to path: String) throws -> Contents {
        guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path) else {
            throw LoadError("\(path) cannot be written")
        }
        defer { file.closeFile() }
        let corpus = ConfCorpus(otherEvery: otherEvery)
        var gzip = try GzipWriter(file)
        var contents = Contents()
        for number in 0..<members {
            let member = corpus.file(number)
            try gzip.write(header(member.path, size: member.text.count))
            try gzip.write(member.text + [UInt8](repeating: 0, count: (512 - member.text.count % 512) % 512))
            contents.members += 1
            contents.unpackedBytes += member.text.count
            contents.stanzas += member.stanzas
            contents.settings += member.settings
        }
        try gzip.write([UInt8](repeating: 0, count: 1024))
        contents.packedBytes = try gzip.finish()
        // Not to be written while something is measured.
        file.synchronizeFile()
        return contents
    }

    /// A ustar header.
    private static func header(_ path: String, size: Int) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) { block.replaceSubrange(offset..<(offset + text.utf8.count), with: Array(text.utf8)) }
        func octal(_ value: Int, _ width: Int) -> String {
            let digits = String(value, radix: 8)
            return String(repeating: "0", count: width - digits.utf8.count) + digits
        }
        put(path, at: 0)
        put("0000644", at: 100)
        put("0000000", at: 108)
        put("0000000", at: 116)
        put(octal(size, 11), at: 124)
        put(octal(1_700_000_000, 11), at: 136)
        put("        ", at: 148)
        put("0", at: 156)
        put("ustar\u{0}00", at: 257)
        put(octal(block.reduce(0) { $0 + Int($1) }, 6) + "\u{0} ", at: 148)
        return block
    }
}

/// gzip over a file handle, in pieces.
private struct GzipWriter {
    private let file: FileHandle
    private let deflater: Deflater
    private var pending: [UInt8] = []
    private var packed = 0

    init(_ file: FileHandle) throws {
        self.file = file
        deflater = try Deflater()
    }

    mutating func write(_ bytes: [UInt8]) throws {
        pending += bytes
        if pending.count >= 1 << 20 { try flush(Z_NO_FLUSH) }
    }

    /// - Returns: bytes of the file.
    mutating func finish() throws -> Int {
        try flush(Z_FINISH)
        return packed
    }

    private mutating func flush(_ mode: Int32) throws {
        let output = try deflater.deflate(pending, mode)
        pending.removeAll(keepingCapacity: true)
        packed += output.count
        try file.write(contentsOf: Data(output))
    }
}

/// Owns one of zlib's streams, which must not move.
private final class Deflater {
    private var stream = z_stream()

    init() throws {
        // 15 bits of window, plus 16 for gzip's frame; level 6 as gzip itself takes.
        guard deflateInit2_(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK
        else { throw LoadError("no memory to pack") }
    }

    deinit {
        deflateEnd(&stream)
    }

    func deflate(_ input: [UInt8], _ mode: Int32) throws -> [UInt8] {
        var input = input
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        try input.withUnsafeMutableBufferPointer { source in
            stream.next_in = source.baseAddress
            stream.avail_in = UInt32(source.count)
            var isMore = true
            while isMore {
                let size = buffer.count
                let result = buffer.withUnsafeMutableBufferPointer { target in
                    stream.next_out = target.baseAddress
                    stream.avail_out = UInt32(size)
                    return CZlib.deflate(&stream, mode)
                }
                guard result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR else { throw LoadError("zlib failed: \(result)") }
                output += buffer[..<(size - Int(stream.avail_out))]
                isMore = mode == Z_FINISH ? result != Z_STREAM_END : stream.avail_out == 0
            }
        }
        return output
    }
}
