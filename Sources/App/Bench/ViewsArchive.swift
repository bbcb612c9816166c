import Foundation

/// The archive that `bench views` reads: an `etc` with many apps, always the same for the same number of stanzas.
///
/// Per app some 33 types of configuration, each with `default` and `local`, and metadata that exports half of the apps. Every
/// file begins with `[default]`; most stanzas are in both halves of one app, a few in all apps.
struct ViewsArchive {
    static let apps = 300
    static let types = [
        "props", "inputs", "transforms", "indexes", "outputs", "savedsearches", "macros", "eventtypes", "tags", "app", "web", "server",
        "authorize", "authentication", "limits", "commands", "collections", "datamodels", "fields", "workflow_actions", "alert_actions",
        "times", "viewstates", "ui-prefs", "searchbnf", "distsearch", "deploymentclient", "serverclass", "restmap", "health", "audit",
        "visualizations", "telemetry",
    ]
    /// Stanzas of the same name in every app.
    private static let shared = 5

    let path: String
    /// Stanzas per file, so that all files together have about as many as wanted.
    let stanzasPerFile: Int

    /// Writes the archive.
    init(path: String, stanzas: Int) throws {
        self.path = path
        stanzasPerFile = max(stanzas / (Self.apps * Self.types.count * 2), Self.shared + 2)
        guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path) else {
            throw LoadError("\(path) cannot be written")
        }
        for app in 0..<Self.apps {
            var pieces: [UInt8] = []
            for type in Self.types {
                for scope in ["default", "local"] {
                    Self.append("etc/apps/\(Self.app(app))/\(scope)/\(type).conf", text(app: app, scope: scope), to: &pieces)
                }
            }
            Self.append("etc/apps/\(Self.app(app))/metadata/default.meta", Self.meta(app), to: &pieces)
            try file.write(contentsOf: pieces)
        }
        try file.write(contentsOf: [UInt8](repeating: 0, count: 1024))
        try file.close()
    }

    static func app(_ number: Int) -> String { "app_\(number)" }

    /// The name of a stanza that one app has.
    static func name(app: Int, _ number: Int) -> String { "source::/var/log/app\(app)/\(number).log" }

    private func text(app: Int, scope: String) -> String {
        var text = "[default]\nhost = \(scope)-\(app)\nindex = main\n"
        for number in 0..<stanzasPerFile - 1 {
            let name = number < Self.shared ? "shared_\(number)" : Self.name(app: app, number)
            text += "\n[\(name)]\nTRUNCATE = \(number)\nsourcetype = bench:\(app)\nEXTRACT-\(scope) = ^(?<first>\\S+)\\s+(?<rest>.*)$\n"
        }
        return text
    }

    private static func meta(_ app: Int) -> String {
        var text = "[]\naccess = read : [ * ], write : [ admin ]\nexport = \(app % 2 == 0 ? "system" : "none")\n"
        for number in 0..<50 { text += "\n[savedsearches/Search%20\(number)]\nowner = admin\nversion = 9.0.0\n" }
        return text
    }

    private static func append(_ path: String, _ text: String, to archive: inout [UInt8]) {
        let bytes = Array(text.utf8)
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, at offset: Int) { header.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8) }
        func octal(_ number: Int, _ digits: Int) -> String {
            let text = String(number, radix: 8)
            return String(repeating: "0", count: digits - text.count) + text
        }
        put(path, at: 0)
        put("0000644", at: 100)
        put("0000000", at: 108)
        put("0000000", at: 116)
        put(octal(bytes.count, 11), at: 124)
        put("00000000000", at: 136)
        put("        ", at: 148)
        put("0", at: 156)
        put("ustar\u{0}00", at: 257)
        put(octal(header.reduce(0) { $0 + Int($1) }, 6) + "\u{0} ", at: 148)
        archive += header
        archive += bytes
        archive += [UInt8](repeating: 0, count: (512 - bytes.count % 512) % 512)
    }
}
