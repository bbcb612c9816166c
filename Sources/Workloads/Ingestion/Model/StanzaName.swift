/// What a stanza is found by: the hash of its name, and where it stands.
struct StanzaName: Sendable, Equatable {
    var hash: Int64
    var stanza: Int64
    var confTypeHash: Int64

    /// The order in which the names of a segment are stored.
    static func isBefore(_ a: StanzaName, _ b: StanzaName) -> Bool {
        a.hash != b.hash ? a.hash < b.hash : a.stanza < b.stanza
    }
}

/// A run of a result's stanzas in their order, whose names are stored together, sorted.
enum StanzaSegment {
    /// Stanzas of a segment. A name is looked up once in each, and the names of one are kept in memory until it is full
    /// [400 KB]. Stored, so it never changes.
    static let size = 16_384

    /// The segment of the stanza that has so many before it.
    static func of(_ stanzasBefore: Int) -> Int64 { Int64(stanzasBefore / size) }
}

/// Names of stanzas that are written already, or go with the next piece, while their own rows are not: those of the segment that
/// is being filled, and those of full ones, which are handed out a few with every piece.
///
/// Lost with the attempt: the next one reads them from the stanzas.
struct UnwrittenNames: Sendable {
    /// Names of one segment, as many as one piece takes along.
    struct Bunch: Sendable {
        var segment: Int64
        var names: ArraySlice<StanzaName>
    }

    /// Names in a piece that holds stanzas as well. So the names of a segment are written long before the next one is full.
    static let besideStanzas = 600
    /// Names in a piece of their own: about 5 ms of the writer's time.
    static let alone = 2_500

    private var filling: [StanzaName] = []
    private var segment: Int64
    /// Full segments, each sorted.
    private var full: [Bunch] = []

    /// - Parameter segment: the first one whose names are not all written.
    init(from segment: Int64) {
        self.segment = segment
    }

    /// Segments before this one have all their names, once what was handed out is stored.
    var firstUnwritten: Int64 { full.first?.segment ?? segment }
    /// Whether a segment is full and waits.
    var hasFull: Bool { !full.isEmpty }

    /// Adds a stanza's name; they come in the order of the stanzas.
    mutating func append(_ name: StanzaName, segment: Int64) {
        if segment != self.segment {
            close()
            self.segment = segment
            filling.reserveCapacity(StanzaSegment.size)
        }
        filling.append(name)
    }

    /// No more stanzas come: the last segment counts as full.
    mutating func close() {
        guard !filling.isEmpty else { return }
        full.append(Bunch(segment: segment, names: filling.sorted(by: StanzaName.isBefore)[...]))
        filling = []
        segment += 1
    }

    /// Hands out up to `most` names of the first full segment; nil when none is full.
    mutating func take(_ most: Int) -> Bunch? {
        guard let first = full.first else { return nil }
        full[0].names = first.names.dropFirst(most)
        if full[0].names.isEmpty { full.removeFirst() }
        return Bunch(segment: first.segment, names: first.names.prefix(most))
    }
}
