/// The unpacked bytes of a tar archive on their way to libarchive: counts them against the limits, and watches what libarchive
/// does not: whether the archive really ends where it says.
final class TarStream {
    private let source: any ByteSource
    private let budget: ArchiveBudget
    /// Length of the stream so far.
    private(set) var count: Int64 = 0
    /// Offset of the last byte that is not zero; -1 if there is none.
    private var lastNonZero: Int64 = -1
    /// Why the stream stopped, if it did. libarchive reports only that it stopped.
    private(set) var failure: ArchiveError?

    /// Bytes of the file read so far.
    var position: Int64 { source.position }

    init(_ source: any ByteSource, budget: ArchiveBudget) {
        self.source = source
        self.budget = budget
    }

    /// The next piece for libarchive; empty at the end; nil after a failure, which is then in ``failure``.
    func next() -> UnsafeRawBufferPointer? {
        guard failure == nil else { return nil }
        do throws(ArchiveError) {
            let piece = try source.next()
            if let offset = Self.lastNonZeroOffset(in: piece) { lastNonZero = count + Int64(offset) }
            count += Int64(piece.count)
            try budget.check(unpacked: count, position: source.position)
            return piece
        } catch {
            failure = error
            return nil
        }
    }

    /// Reads what is left behind the last member, which must be the two blocks of zeros that end a tar archive and then
    /// nothing but padding. Only this tells an archive that was cut between two members from a whole one.
    func finish(endOfMembers: Int64) throws(ArchiveError) {
        while let piece = next(), !piece.isEmpty {}
        if let failure { throw failure }
        guard lastNonZero < endOfMembers else {
            throw ArchiveError(.trailingData, "there is other data behind the end of the tar archive", position: position)
        }
        guard count >= endOfMembers + 1024 else {
            throw ArchiveError(.truncated, "the tar archive has no end mark: it was cut off after a member", position: position)
        }
    }

    private static func lastNonZeroOffset(in piece: UnsafeRawBufferPointer) -> Int? {
        var end = piece.count
        while end >= 8 && piece.loadUnaligned(fromByteOffset: end - 8, as: UInt64.self) == 0 { end -= 8 }
        while end > 0 && piece[end - 1] == 0 { end -= 1 }
        return end > 0 ? end - 1 : nil
    }
}
