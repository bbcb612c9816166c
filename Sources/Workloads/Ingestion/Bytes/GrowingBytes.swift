#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A byte buffer that one owner fills, empties and fills again without giving its memory back in between.
///
/// It exists beside `[UInt8]` because the parser and the archive reader hand out pointers into it that must stay put
/// until the next call, and because appending a few bytes at a time is their hot path. Views from ``bytes`` are valid
/// until the next mutating call.
package struct GrowingBytes: ~Copyable {
    /// Number of bytes written.
    package private(set) var count = 0
    private var capacity: Int
    private var base: UnsafeMutableRawPointer

    /// An empty buffer with room for `capacity` bytes (at least 64). Memory is not touched before it is written.
    package init(capacity: Int = 64) {
        self.capacity = max(capacity, 64)
        base = .allocate(byteCount: self.capacity, alignment: 16)
    }

    deinit {
        base.deallocate()
    }

    /// What has been written. Valid until the next mutating call.
    package var bytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base, count: count)
    }

    /// The bytes as text; malformed UTF-8 is repaired with U+FFFD.
    package var text: String {
        String(decoding: bytes, as: UTF8.self)
    }

    /// Forgets the contents and keeps the memory.
    package mutating func removeAll() {
        count = 0
    }

    /// Drops everything behind the first `newCount` bytes; nothing happens if there are no more than that.
    package mutating func truncate(to newCount: Int) {
        count = min(count, max(newCount, 0))
    }

    /// Makes room for `extra` more bytes and returns where they go. Follow with ``commit(_:)``.
    @inline(__always)
    package mutating func reserve(_ extra: Int) -> UnsafeMutableRawPointer {
        if capacity &- count < extra { grow(extra) }
        return base + count
    }

    /// Counts `written` bytes, stored where ``reserve(_:)`` said, as contents.
    @inline(__always)
    package mutating func commit(_ written: Int) {
        count &+= written
    }

    /// Appends one byte.
    @inline(__always)
    package mutating func append(_ byte: UInt8) {
        reserve(1).storeBytes(of: byte, as: UInt8.self)
        commit(1)
    }

    /// Appends a copy of `source`.
    @inline(__always)
    package mutating func append(_ source: UnsafeRawBufferPointer) {
        guard let start = source.baseAddress, source.count > 0 else { return }
        memcpy(reserve(source.count), start, source.count)
        commit(source.count)
    }

    /// Appends the UTF-8 of a literal.
    @inline(__always)
    package mutating func append(_ literal: StaticString) {
        append(UnsafeRawBufferPointer(start: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }

    @inline(never)
    private mutating func grow(_ extra: Int) {
        let wanted = max(count + extra, capacity + capacity / 2)
        let moved = UnsafeMutableRawPointer.allocate(byteCount: wanted, alignment: 16)
        memcpy(moved, base, count)
        base.deallocate()
        base = moved
        capacity = wanted
    }
}
