/// Some members of an archive in its order, with the contents of those that are configuration: what one parser takes at once.
///
/// Small files go together so that the hand-over costs little: a real archive's files have 3 KiB in the middle.
///
/// `@unchecked Sendable`: only the reader changes it, before it hands it over; from then on nobody does.
final class MemberBatch: @unchecked Sendable {
    /// Contents at which a batch is handed over: about a millisecond of parsing.
    static let fullBytes = 128 << 10
    /// Members at which it is handed over, for archives in which little is configuration.
    static let mostMembers = 512

    /// A member, in short.
    enum Member {
        /// Configuration; its contents are this range of ``MemberBatch/contents``.
        case file(path: String, provenance: ConfProvenance, isRepeated: Bool, range: Range<Int>)
        /// Left out, for this reason.
        case omitted(String)
        /// Must not or cannot be read.
        case refused(path: String, reason: String, detail: String)
    }

    /// The members with their numbers in the archive.
    private(set) var members: [(index: Int, member: Member)] = []
    /// Where in the archive the reader stood when it handed the batch over, 0 … 1; nil when unknown.
    var fraction: Double?
    /// What was parsed, for the storer.
    let pieces = Handover<ParsedPiece>(capacity: ParsedPiece.aheadCost)
    private var buffer = GrowingBytes(capacity: 64)

    var isEmpty: Bool { members.isEmpty }
    var isFull: Bool { buffer.count >= Self.fullBytes || members.count >= Self.mostMembers }
    /// About the memory it takes, in bytes.
    var cost: Int { buffer.count + members.count * 256 }
    /// The contents of all files. Valid as long as the batch.
    var contents: UnsafeRawBufferPointer { buffer.bytes }

    /// Adds a member without contents. By the reader only.
    func append(_ member: Member, index: Int) {
        members.append((index, member))
    }

    /// Adds a file with a copy of its contents. By the reader only.
    func append(path: String, provenance: ConfProvenance, isRepeated: Bool = false, contents: UnsafeRawBufferPointer, index: Int) {
        let start = buffer.count
        buffer.append(contents)
        append(.file(path: path, provenance: provenance, isRepeated: isRepeated, range: start..<buffer.count), index: index)
    }
}

/// Some of what a parser made of a batch, in order.
struct ParsedPiece: Sendable {
    /// Items at which a piece is handed on: a fraction of what one write takes, so that writes come out even.
    static let mostItems = 64
    static let mostCost = 256 << 10
    /// How far a parser may be ahead of the storer within one batch, as a cost.
    static let aheadCost = 1 << 20

    var items: [ParsedItem] = []
    private(set) var cost = 0

    var isFull: Bool { items.count >= Self.mostItems || cost >= Self.mostCost }

    mutating func append(_ item: ParsedItem) {
        items.append(item)
        cost += item.cost
    }
}
