/// The unpacked bytes of a tar archive in order, as blocks and as data, counted against the limits.
final class TarStream {
    static let blockBytes = 512

    private let source: any ByteSource
    private let isPlain: Bool
    private let budget: ArchiveBudget
    private var piece = UnsafeRawBufferPointer(start: nil, count: 0)
    private var offset = 0
    private var block = GrowingBytes(capacity: blockBytes)
    private var isExhausted = false
    /// Length of the stream so far.
    private(set) var count: Int64 = 0

    /// Bytes of the file read so far; in a plain file exactly those that were used.
    var position: Int64 { isPlain ? source.position - Int64(piece.count - offset) : source.position }

    init(_ source: any ByteSource, budget: ArchiveBudget) {
        self.source = source
        isPlain = source is FileSource
        self.budget = budget
    }

    /// The next block of 512 bytes, valid until the next call; nil at the end of the stream, and if there is not even one.
    func nextBlock() throws(ArchiveError) -> UnsafeRawBufferPointer? {
        if piece.count - offset >= Self.blockBytes {
            offset += Self.blockBytes
            return UnsafeRawBufferPointer(rebasing: piece[(offset - Self.blockBytes)..<offset])
        }
        block.removeAll()
        while block.count < Self.blockBytes {
            guard try hasMore() else {
                guard block.count > 0 && count >= Int64(Self.blockBytes) else { return nil }
                throw cutOff()
            }
            block.append(try take(Int64(Self.blockBytes - block.count)))
        }
        return block.bytes
    }

    /// Appends the next `length` bytes.
    func read(_ length: Int64, into out: inout GrowingBytes) throws(ArchiveError) {
        var left = length
        while left > 0 {
            let part = try take(left)
            out.append(part)
            left -= Int64(part.count)
        }
    }

    /// Passes over the next `length` bytes.
    func skip(_ length: Int64) throws(ArchiveError) {
        var left = length
        while left > 0 { left -= Int64(try take(left).count) }
    }

    /// Passes over all that is left, which must be zeros: padding, of which real programs write less than `limit` bytes.
    /// More of them stand where something else has been.
    func finish(limit: Int64) throws(ArchiveError) {
        var padding: Int64 = 0
        while try hasMore() {
            let part = try take(Int64.max)
            guard Self.isZero(part) else {
                throw ArchiveError(.trailingData, "there is other data behind the end of the tar archive", position: position)
            }
            padding += Int64(part.count)
            guard padding <= limit else {
                throw ArchiveError(.damaged, "more than \(limit) bytes of zeros follow its end mark", position: position)
            }
        }
    }

    /// Up to `most` bytes, at least one.
    private func take(_ most: Int64) throws(ArchiveError) -> UnsafeRawBufferPointer {
        guard try hasMore() else { throw cutOff() }
        let start = offset
        offset += Int(min(most, Int64(piece.count - offset)))
        return UnsafeRawBufferPointer(rebasing: piece[start..<offset])
    }

    private func cutOff() -> ArchiveError {
        ArchiveError(.truncated, "the tar archive ends within a member: it was cut off", position: position)
    }

    private func hasMore() throws(ArchiveError) -> Bool {
        guard offset == piece.count else { return true }
        guard !isExhausted else { return false }
        piece = try source.next()
        offset = 0
        isExhausted = piece.isEmpty
        count += Int64(piece.count)
        try budget.check(unpacked: count, position: source.position)
        return !isExhausted
    }

    static func isZero(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard bytes.first ?? 0 == 0 else { return false }
        var end = bytes.count
        while end >= 8 {
            if bytes.loadUnaligned(fromByteOffset: end - 8, as: UInt64.self) != 0 { return false }
            end -= 8
        }
        return bytes[..<end].allSatisfy { $0 == 0 }
    }
}
