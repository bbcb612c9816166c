/// A configuration file that was read to its end.
struct ParsedFile: Sendable {
    var id: Int64
    var path: String
    var size: Int
    var provenance: ConfProvenance
    var firstStanza: Int64?
    var lastStanza: Int64?
    var stanzaCount = 0
    var settingCount = 0
    var problemCount = 0
    var ignoredLines = 0
}

/// A stanza of a file, with the ids that it is stored under.
struct ParsedStanza: Sendable {
    var id: Int64
    var fileID: Int64
    /// See ``StanzaSegment``.
    var segment: Int64
    var stanza: ConfStanza
}

/// Something to tell about a member.
struct ParsedProblem: Sendable {
    var id: Int64
    var path: String
    /// Nil when it is about the member as a whole.
    var line: Int?
    /// A ``ConfProblem/Code``, an ``ArchiveMember/Rejection`` or one of ``ParsedProblem``'s own.
    var code: String
    var detail: String

    /// A file has more problems than are listed.
    static let more = "more_problems"
    /// A member's path is longer than any file system allows; it was not read.
    static let longPath = "path_too_long"
    /// The archive has had a file of this path before.
    static let repeatedPath = "repeated_path"
}

/// Rows that one transaction writes: bounded in number and bytes, since the writer serves everybody.
struct ParsedRows: Sendable {
    /// About 5 ms of the writer's time.
    static let mostRows = 250
    static let mostBytes = 1 << 20

    private(set) var files: [ParsedFile] = []
    private(set) var stanzas: [ParsedStanza] = []
    private(set) var problems: [ParsedProblem] = []
    private var bytes = 0
    /// The highest id among them.
    private(set) var lastID: Int64 = 0

    var count: Int { files.count + stanzas.count + problems.count }
    var isFull: Bool { count >= Self.mostRows || bytes >= Self.mostBytes }

    mutating func append(_ file: ParsedFile) {
        files.append(file)
        bytes += file.path.utf8.count
        lastID = max(lastID, file.id)
    }

    mutating func append(_ stanza: ParsedStanza) {
        stanzas.append(stanza)
        bytes += stanza.stanza.settingsJSON.utf8.count + stanza.stanza.name.utf8.count
        lastID = max(lastID, stanza.id)
    }

    mutating func append(_ problem: ParsedProblem) {
        problems.append(problem)
        bytes += problem.path.utf8.count
        lastID = max(lastID, problem.id)
    }
}
