/// A stanza as it stands in one of the files that are merged.
struct StanzaCopy: Sendable {
    let id: Int64
    let name: ExactText
    let rank: ConfRank
    let place: ConfContext.Place
    let path: String
    /// In the order of the file.
    let settings: [ConfSetting]

    /// Strongest first: by place, then the last in its file.
    static func isStronger(_ left: StanzaCopy, _ right: StanzaCopy) -> Bool {
        left.rank == right.rank ? left.id > right.id : left.rank < right.rank
    }
}
