/// What the name of a stanza says by itself, as further columns.
enum StanzaHead: Sendable {
    /// Nothing: the name is just a name.
    case plain
    /// `monitor:///var/log` and `WinEventLog:Security`: what is before the first `://` or `:`, and what is behind it. A name with
    /// neither is all type: `default`, `SSL`.
    case schemeAndTarget(String, String)
    /// As ``schemeAndTarget(_:_:)`` for the kinds given; every other name is of the kind `other`, and all target.
    case kindAndTarget(String, String, kinds: [String], other: String)
    /// `source::…`, `host::…` and the like: the kind of a pattern and the pattern; every other name is a `sourcetype`.
    case pattern(String, String)
    /// `serverClass:X` and `serverClass:X:app:Y`.
    case serverClass(String, String, String)

    /// Names and values of the columns, always the same names; nil is null.
    func columns(of name: String) -> [(name: String, value: String?)] {
        switch self {
        case .plain:
            return []
        case .schemeAndTarget(let scheme, let target):
            let (first, rest) = Self.split(name)
            return [(scheme, first), (target, rest)]
        case .kindAndTarget(let kind, let target, let kinds, let other):
            let (first, rest) = Self.split(name)
            if kinds.contains(first) { return [(kind, first), (target, rest)] }
            return name == "default" ? [(kind, name), (target, nil)] : [(kind, other), (target, name)]
        case .pattern(let kind, let pattern):
            return zip([kind, pattern], Self.pattern(name)).map { ($0, $1) }
        case .serverClass(let kind, let serverClass, let app):
            return zip([kind, serverClass, app], Self.serverClass(name)).map { ($0, $1) }
        }
    }

    private static func split(_ name: String) -> (String, String?) {
        guard let colon = name.utf8.firstIndex(of: UInt8(ascii: ":")) else { return (name, nil) }
        let rest = name[name.utf8.index(after: colon)...]
        return (String(name[..<colon]), String(rest.hasPrefix("//") ? rest.dropFirst(2) : rest))
    }

    private static let patternKinds = ["source", "host", "rule", "delayedrule"]

    private static func pattern(_ name: String) -> [String?] {
        if name == "default" { return [name, nil] }
        // Splunk lets a pattern ignore case: (?i)source::…
        let bare = name.hasPrefix("(?i)") ? name.dropFirst(4) : name[...]
        for kind in patternKinds where bare.hasPrefix(kind + "::") {
            return [kind, (bare.count < name.count ? "(?i)" : "") + bare.dropFirst(kind.count + 2)]
        }
        return ["sourcetype", name]
    }

    private static func serverClass(_ name: String) -> [String?] {
        let parts = name.split(separator: ":", maxSplits: 3, omittingEmptySubsequences: false).map(String.init)
        guard parts[0] == "serverClass", parts.count > 1 else { return [name, nil, nil] }
        guard parts.count == 4, parts[2] == "app" else { return ["serverClass", parts.dropFirst().joined(separator: ":"), nil] }
        return ["app", parts[1], parts[3]]
    }
}
