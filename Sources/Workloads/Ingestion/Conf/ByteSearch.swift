#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension UnsafeRawBufferPointer {
    /// Offset of the first `byte` in the buffer.
    @inline(__always)
    package func firstIndex(ofByte byte: UInt8) -> Int? {
        firstIndex(ofByte: byte, from: 0, to: count)
    }

    /// Offset (from the start of the buffer) of the first `byte` in `from ..< to`.
    @inline(__always)
    package func firstIndex(ofByte byte: UInt8, from: Int, to: Int) -> Int? {
        guard let start = baseAddress, from < to, let hit = memchr(start + from, Int32(byte), to - from) else { return nil }
        return UnsafeRawPointer(hit) - start
    }

    /// Offset of the last `byte` in `from ..< to`.
    @inline(__always)
    package func lastIndex(ofByte byte: UInt8, from: Int, to: Int) -> Int? {
        var index = to
        while index > from {
            index -= 1
            if self[index] == byte { return index }
        }
        return nil
    }

    /// The bytes of `from ..< to` as a buffer of their own.
    @inline(__always)
    package func slice(_ from: Int, _ to: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[from..<(to < from ? from : to)])
    }

    /// How often `byte` occurs in the first `end` bytes.
    func occurrences(ofByte byte: UInt8, before end: Int) -> Int {
        var total = 0
        var from = 0
        while let hit = firstIndex(ofByte: byte, from: from, to: end) {
            total += 1
            from = hit + 1
        }
        return total
    }
}
