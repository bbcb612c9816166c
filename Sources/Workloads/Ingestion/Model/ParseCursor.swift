/// How far a generation is whole: what a later attempt need not read again.
struct ParseCursor: Sendable, Equatable {
    /// Members of the archive, counted from 1, up to which everything is stored; 0 when nothing is.
    var member = 0
    /// The highest id of a row that belongs to them.
    var wholeID: Int64
    /// What they held.
    var summary: RunSummary
    /// Segments before this one have all their names, as far as they are whole.
    var namedSegments: Int64 = 0

    /// The first segment that lacks names of stanzas up to here.
    var firstUnnamed: Int64 { min(namedSegments, StanzaSegment.of(summary.stanzaCount)) }
}
