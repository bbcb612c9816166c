import Storage

/// Walks two results side by side and finds the settings that differ, in one snapshot. The caller has read both results for
/// its tenant.
///
/// App by app, in each file by file, in each stanza by stanza: memory goes with the files of one app and a part of one file.
/// A page ends when it is full, or when it has read so much that the client should hear of it: then it has fewer rows than
/// asked for, perhaps none, and a cursor.
struct RunDifferences {
    /// Stanzas that one page reads before it ends; a file counts as one as well. Some tenths of a second.
    private static let mostReads = 100_000

    /// How far a page has come.
    struct Position: Sendable {
        /// A file of either result.
        let file: Int64
        /// A stanza of that place; 0: the place is done.
        let stanza: Int64
        /// Differences of the stanza that were given; -1: all.
        let given: Int64
    }

    struct Page: Sendable {
        var differences: [Difference] = []
        /// Nil when there is nothing more.
        var next: Position?
    }

    private struct Start {
        let group: DiffFiles.Group
        let place: ExactText
        /// Nil: the place is done.
        let name: ExactText?
        let given: Int64
    }

    let before: ReadRuns.Result
    let after: ReadRuns.Result
    let filter: ConfFilter
    let connection: any Connection
    private var reads = 0
    private var page = Page()

    /// - Parameter filter: `path` picks places that have this path in either archive; `name` is that of the stanza.
    init(before: ReadRuns.Result, after: ReadRuns.Result, filter: ConfFilter, connection: any Connection) {
        self.before = before
        self.after = after
        self.filter = filter
        self.connection = connection
    }

    /// - Returns: nil when the position is in neither result.
    mutating func page(after position: Position?, limit: Int) throws -> Page? {
        var start: Start?
        if let position {
            start = try self.start(position)
            if start == nil { return nil }
        }
        var group: DiffFiles.Group = start?.group ?? filter.app.map(TextHash.of)
        while true {
            if try walk(group, from: start, limit: limit) { return page }
            start = nil
            guard filter.app == nil, let next = try nextGroup(after: group) else { return page }
            group = next
        }
    }

    private func start(_ position: Position) throws -> Start? {
        guard let file = try DiffFiles.file(position.file, [before, after], on: connection) else { return nil }
        guard position.stanza > 0 else { return Start(group: file.appHash, place: file.place, name: nil, given: 0) }
        let name =
            try StanzaNames.name(of: position.stanza, after, on: connection)
            ?? StanzaNames.name(of: position.stanza, before, on: connection)
        return name.map { Start(group: file.appHash, place: file.place, name: $0, given: position.given) }
    }

    private func nextGroup(after group: DiffFiles.Group) throws -> Int64? {
        [try DiffFiles.next(after: group, before, on: connection), try DiffFiles.next(after: group, after, on: connection)]
            .compactMap(\.self).min()
    }

    // MARK: - One app

    /// True when the page ends here.
    private mutating func walk(_ group: DiffFiles.Group, from start: Start?, limit: Int) throws -> Bool {
        var files = filter
        files.path = nil
        let old = Dictionary(grouping: try DiffFiles.files(group, before, files, on: connection), by: \.place)
        let new = Dictionary(grouping: try DiffFiles.files(group, after, files, on: connection), by: \.place)
        for place in Set(old.keys).union(new.keys).sorted() {
            let (old, new) = (old[place] ?? [], new[place] ?? [])
            if let start, place < start.place || (place == start.place && start.name == nil) { continue }
            if let path = filter.path, !(old + new).contains(where: { ExactText($0.path) == ExactText(path) }) { continue }
            let isHere = start?.place == place
            if try compare(old, new, from: isHere ? start?.name : nil, given: isHere ? start?.given ?? 0 : 0, limit: limit) { return true }
        }
        return false
    }

    /// True when the page ends here.
    private mutating func compare(
        _ old: [FileDetail], _ new: [FileDetail], from name: ExactText?, given: Int64, limit: Int
    ) throws -> Bool {
        let wanted = filter.name.map(ExactText.init)
        guard var comparison = FileComparison(old, new, (before, after), from: name ?? wanted) else { return false }
        defer { reads += comparison.readCount + 1 }
        if try name == nil && comparison.isSurelyEqual(connection) { return isSpent(comparison, stanza: 0, given: 0) }
        var isFirst = name != nil
        while let (name, stanza, differences) = try comparison.next(connection) {
            if let wanted, name != wanted { break }
            let skipped = isFirst ? (given < 0 ? differences.count : min(Int(given), differences.count)) : 0
            isFirst = false
            let shown = differences.dropFirst(skipped)
            let room = limit - page.differences.count
            page.differences += shown.prefix(room)
            if shown.count > room {
                page.next = Position(file: comparison.file.id, stanza: stanza, given: Int64(skipped + room))
                return true
            }
            if isSpent(comparison, stanza: stanza, given: -1) { return true }
        }
        return isSpent(comparison, stanza: 0, given: 0)
    }

    /// Whether the page has read enough.
    private mutating func isSpent(_ comparison: FileComparison, stanza: Int64, given: Int64) -> Bool {
        guard reads + comparison.readCount >= Self.mostReads else { return false }
        page.next = Position(file: comparison.file.id, stanza: stanza, given: given)
        return true
    }
}
