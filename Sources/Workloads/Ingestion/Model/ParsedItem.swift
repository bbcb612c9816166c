/// What a parser found, in the order of the archive: the rows to come, without their ids, and what is only counted.
///
/// Between two ``memberEnd(_:)`` stand the items of one member.
enum ParsedItem: Sendable {
    /// A member is configuration; its stanzas and problems follow, then ``fileEnd(problemCount:ignoredLines:)``.
    indirect case file(path: String, size: Int, provenance: ConfProvenance)
    /// A stanza of the file that was begun last.
    case stanza(ConfStanza)
    /// Something to tell about the file that was begun last; without a line about it as a whole.
    indirect case problem(line: Int?, code: String, detail: String)
    /// The file was read to its end.
    case fileEnd(problemCount: Int, ignoredLines: Int)
    /// A member was left out, for this reason.
    case omitted(String)
    /// A member must not or cannot be read.
    indirect case refused(path: String, reason: String, detail: String)
    /// The member of this number is done.
    case memberEnd(Int)

    /// About the memory it takes, in bytes.
    var cost: Int {
        switch self {
        case .stanza(let stanza): 96 + stanza.name.utf8.count + stanza.settingsJSON.utf8.count
        case .file(let path, _, _), .refused(let path, _, _): 256 + path.utf8.count
        case .problem: 256
        case .fileEnd, .omitted, .memberEnd: 64
        }
    }
}
