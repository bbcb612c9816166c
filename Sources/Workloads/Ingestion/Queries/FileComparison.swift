import Storage

/// Compares what two results hold at one place: usually one file each, more if an archive has the same path several times.
struct FileComparison {
    /// Of a path that stands more often in an archive the last ones are merged.
    static let mostCopies = 100
    /// Files with more stanzas are not looked at for being the same before they are merged.
    private static let mostInOrder: Int64 = 5_000

    private var before: [StanzaStream]
    private var after: [StanzaStream]
    private let results: (before: ReadRuns.Result, after: ReadRuns.Result)
    /// The file that stands for the place.
    let file: FileDetail
    private var otherReads = 0

    /// - Parameters:
    ///   - before: files of the first result, in the order of its archive; not both sides are empty.
    ///   - name: leaves out stanzas whose names come before this one.
    init?(
        _ before: [FileDetail], _ after: [FileDetail], _ results: (before: ReadRuns.Result, after: ReadRuns.Result),
        from name: ExactText?
    ) {
        guard let file = after.last ?? before.last else { return nil }
        self.file = file
        self.results = results
        self.before = before.suffix(Self.mostCopies).map { StanzaStream($0, results.before, from: name) }
        self.after = after.suffix(Self.mostCopies).map { StanzaStream($0, results.after, from: name) }
    }

    /// Stanzas read so far: what the comparison has cost.
    var readCount: Int { (before + after).reduce(otherReads) { $0 + $1.readCount } }

    /// Whether both sides are one file with the same text, which needs no merging. False means nothing.
    mutating func isSurelyEqual(_ connection: any Connection) throws -> Bool {
        guard before.count == 1, after.count == 1 else { return false }
        let (left, right) = (before[0].file, after[0].file)
        guard left.size == right.size, left.stanzaCount == right.stanzaCount, left.settingCount == right.settingCount,
            left.stanzaCount <= Self.mostInOrder
        else { return false }
        if left.stanzaCount == 0 { return true }
        let ours = try StanzaStream.inOrder(left, results.before, on: connection)
        let theirs = try StanzaStream.inOrder(right, results.after, on: connection)
        otherReads += ours.count + theirs.count
        return zip(ours, theirs).allSatisfy { $0.name == $1.name && $0.settings.utf8.elementsEqual($1.settings.utf8) }
    }

    /// What differs in the next stanza by name; nil at the end.
    /// - Throws: ``StorageError`` when stored settings cannot be read.
    mutating func next(_ connection: any Connection) throws -> (name: ExactText, stanza: Int64, differences: [Difference])? {
        let names = try [Self.first(&before, connection), Self.first(&after, connection)].compactMap(\.self)
        guard let name = names.min() else { return nil }
        let old = try Self.take(name, &before, connection)
        let new = try Self.take(name, &after, connection)
        guard let id = new.id ?? old.id else { return nil }
        return (name, id, Difference.of(name, old, new, in: file))
    }

    private static func first(_ streams: inout [StanzaStream], _ connection: any Connection) throws -> ExactText? {
        var first: ExactText?
        for index in streams.indices {
            guard let name = try streams[index].peek(connection)?.name else { continue }
            first = first.map { min($0, name) } ?? name
        }
        return first
    }

    /// Merges all stanzas of a name; what is read later replaces what was read before.
    private static func take(_ name: ExactText, _ streams: inout [StanzaStream], _ connection: any Connection) throws -> Difference.Side {
        var side = Difference.Side()
        for index in streams.indices {
            while let stanza = try streams[index].peek(connection), stanza.name == name {
                let path = streams[index].file.path
                if side.id == nil { (side.id, side.path, side.line) = (stanza.id, path, stanza.line) }
                for setting in try ConfSetting.decode(stanza.settings) {
                    side.settings[ExactText(setting.key)] = .init(value: setting.value, path: path, line: setting.line)
                }
                streams[index].advance()
            }
        }
        return side
    }
}
