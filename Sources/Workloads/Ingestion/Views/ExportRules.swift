/// What apps share with all others, as their `metadata/default.meta` and `local.meta` say.
///
/// The nearest stanza that has `export` decides: that of the setting (`[props/access/EXTRACT-a]`), of the stanza
/// (`[props/access]`), of the type (`[props]`), of the app (`[]`); of one object `local.meta` before `default.meta`. Only
/// `export = system` shares; without any, nothing is shared.
struct ExportRules: Sendable {
    /// One `export` found.
    struct Entry: Sendable {
        let app: String
        let isLocal: Bool
        /// The stanza's id: the last of a file counts.
        let id: Int64
        /// The stanza's name as written.
        let name: String
        let settings: String
    }

    private struct Object: Hashable {
        let app: ExactText
        /// Percent-decoded: empty, `props`, `props/access`.
        let name: ExactText
    }

    private var exports: [Object: Bool] = [:]
    /// Whether anything is said that may be about a setting: else none need be looked up.
    private(set) var hasDeepNames = false

    /// - Throws: ``StorageError`` when stored settings cannot be read.
    init(_ entries: [Entry]) throws {
        // Weakest first, so that what comes later replaces it.
        for entry in entries.sorted(by: { ($0.isLocal ? 1 : 0, $0.id) < ($1.isLocal ? 1 : 0, $1.id) }) {
            guard let export = try ConfSetting.decode(entry.settings).last(where: { $0.key == "export" }) else { continue }
            let object = MetaObject(stanzaName: entry.name)
            let name = object.name.map { object.type + "/" + $0 } ?? object.type
            if name.utf8.count(where: { $0 == UInt8(ascii: "/") }) > 1 { hasDeepNames = true }
            exports[Object(app: ExactText(entry.app), name: ExactText(name))] = export.value.lowercased() == "system"
        }
    }

    /// Whether an app shares a stanza, or one of its settings.
    /// - Parameter key: nil asks for the stanza as a whole.
    func isExported(app: String, confType: String, stanza: String, key: String? = nil) -> Bool {
        var names = ["\(confType)/\(stanza)", confType, ""]
        if let key { names.insert("\(confType)/\(stanza)/\(key)", at: 0) }
        let app = ExactText(app)
        for name in names {
            if let isExported = exports[Object(app: app, name: ExactText(name))] { return isExported }
        }
        return false
    }

    // MARK: - What to look for

    /// Only in props.conf are settings objects of their own: extractions, lookups, aliases.
    static func isObject(_ key: String, of confType: String) -> Bool {
        confType == "props" && key.utf8.contains(UInt8(ascii: "-"))
    }

    /// Every way in which the name of an object is spelled in .meta files: plain, and percent-encoded as Splunk and common
    /// libraries do it.
    static func spellings(confType: String, _ components: [String]) -> Set<ExactText> {
        var spellings: Set = [ExactText(([confType] + components).joined(separator: "/"))]
        for (plain, digits) in [("-_.", upper), ("-_.~", upper), ("-_.~", lower), ("-_.~!'()*", upper)] {
            let encoded = components.map { encode($0, plain: plain.utf8, digits: digits) }
            spellings.insert(ExactText(([confType] + encoded).joined(separator: "/")))
        }
        return spellings
    }

    private static let upper = Array("0123456789ABCDEF".utf8)
    private static let lower = Array("0123456789abcdef".utf8)

    private static func encode(_ text: String, plain: String.UTF8View, digits: [UInt8]) -> String {
        var encoded: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                encoded.append(byte)
            case _ where plain.contains(byte): encoded.append(byte)
            default: encoded += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}
