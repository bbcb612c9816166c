package import Foundation

/// Cuts the bytes of a socket into messages: four bytes of length, little-endian, then as many of JSON.
///
/// A pure state machine. It holds what has arrived and never more than one message of ``mostBytes`` beside one read.
package struct FrameReader: Sendable {
    /// Bytes of one message. Room for the largest output, should every byte of it need an escape of two.
    package static let mostBytes = 32 << 20
    private static let headerBytes = 4

    private var bytes: [UInt8] = []
    private var start = 0

    package init() {}

    /// Whether part of a message has arrived and the rest has not.
    package var isInside: Bool { start < bytes.count }

    /// Adds what was read.
    package mutating func append(_ more: some Collection<UInt8>) {
        if start == bytes.count {
            bytes.removeAll(keepingCapacity: bytes.count < 1 << 20)
            start = 0
        }
        bytes += more
    }

    /// The next whole message; nil when more bytes are needed.
    /// - Throws: ``FrameError`` for a length that no message has. Nothing after it can be understood.
    package mutating func next() throws(FrameError) -> Data? {
        guard bytes.count - start >= Self.headerBytes else { return nil }
        let length = (0..<Self.headerBytes).reduce(0) { $0 | Int(bytes[start + $1]) << (8 * $1) }
        guard (1...Self.mostBytes).contains(length) else { throw FrameError(length: length) }
        let end = start + Self.headerBytes + length
        guard bytes.count >= end else { return nil }
        defer {
            start = end
            if start > 1 << 20 {
                bytes.removeFirst(start)
                start = 0
            }
        }
        return Data(bytes[(start + Self.headerBytes)..<end])
    }

    /// A message as it is sent.
    /// - Throws: ``FrameError`` when it is too large, and the encoder's errors.
    package static func frame(_ message: some Encodable) throws -> [UInt8] {
        let body = try JSONEncoder().encode(message)
        guard (1...mostBytes).contains(body.count) else { throw FrameError(length: body.count) }
        return (0..<headerBytes).map { UInt8(truncatingIfNeeded: body.count >> (8 * $0)) } + body
    }
}

/// A length that no message has.
package struct FrameError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Bytes.
    package let length: Int

    /// One clause for people.
    package var description: String { "a message of \(length) bytes, where 1 to \(FrameReader.mostBytes) are allowed" }
}
