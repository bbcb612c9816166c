import Foundation

/// What a child prints: its lines, up to a limit, and always the last of it for the message of a failure.
///
/// A pure state machine, so bounded whatever is printed.
package struct OutputCollector: Sendable {
    /// Bytes of lines that one attempt keeps.
    package static let mostBytes = 256 << 10
    /// A line longer than this is several.
    package static let longestLine = 4000
    /// What a failure quotes.
    package static let tailBytes = 1500

    private var line: [UInt8] = []
    private var tail: [UInt8] = []
    private var kept = 0

    package init() {}

    /// Whether further lines are dropped.
    package var isFull: Bool { kept > Self.mostBytes }

    /// Takes what was read.
    /// - Returns: the lines that it ended; the last one says so when no more will come.
    package mutating func add(_ bytes: some BidirectionalCollection<UInt8>) -> [String] {
        tail += bytes.suffix(Self.tailBytes)
        if tail.count > Self.tailBytes { tail.removeFirst(tail.count - Self.tailBytes) }
        guard !isFull else { return [] }
        var lines: [String] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") || line.count >= Self.longestLine { lines += flush() }
            if byte != UInt8(ascii: "\n") { line.append(byte) }
            if isFull { return lines + ["what the handler prints is not kept any more: \(Self.mostBytes >> 10) KiB are"] }
        }
        return lines
    }

    /// A last line without an end.
    package mutating func flush() -> [String] {
        guard !line.isEmpty, !isFull else { return [] }
        kept += line.count + 1
        defer { line = [] }
        return [String(decoding: line, as: UTF8.self)]
    }

    /// The last of it, whole lines where possible, "" for nothing.
    package var end: String {
        var bytes = tail[...]
        if bytes.count == Self.tailBytes, let newline = bytes.firstIndex(of: UInt8(ascii: "\n")) { bytes = bytes[(newline + 1)...] }
        return String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
