import NIOCore

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Finds a delimiter, or the beginning of one at the end of a chunk.
enum DelimiterSearch {
    struct Match {
        /// Bytes before the delimiter, or before what may become one when more bytes come.
        let before: Int
        /// Whether the whole delimiter is there.
        let isComplete: Bool
    }

    /// Looks for the first place from which the delimiter, or as much of it as there are bytes, matches. `memchr` for its first byte does most of
    /// the work: uploads pass through here at the speed of the disk.
    static func find(_ delimiter: [UInt8], in buffer: ByteBuffer) -> Match {
        buffer.withUnsafeReadableBytes { bytes in
            guard let base = bytes.baseAddress else { return Match(before: 0, isComplete: false) }
            var start = 0
            while start < bytes.count, let found = memchr(base + start, Int32(delimiter[0]), bytes.count - start) {
                let index = UnsafeRawPointer(found) - base
                let length = min(delimiter.count, bytes.count - index)
                if matches(delimiter, base + index, length) { return Match(before: index, isComplete: length == delimiter.count) }
                start = index + 1
            }
            return Match(before: bytes.count, isComplete: false)
        }
    }

    private static func matches(_ delimiter: [UInt8], _ bytes: UnsafeRawPointer, _ length: Int) -> Bool {
        for index in 1..<max(length, 1) where bytes.load(fromByteOffset: index, as: UInt8.self) != delimiter[index] { return false }
        return true
    }
}
