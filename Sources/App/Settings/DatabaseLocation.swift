import Foundation

/// Which database to open.
package enum DatabaseLocation: Sendable, Equatable {
    /// Path of a file.
    case sqlite(path: String)
    /// A libpq connection URI, password included: never shown.
    case postgres(url: String)

    init(_ source: SettingsSource) throws {
        if !source.isSet(.databaseURL), source.isSet(.postgresHost) {
            self = .postgres(url: Self.url(source))
            return
        }
        try self.init(url: source.text(.databaseURL))
    }

    /// - Parameter url: `sqlite:PATH`, `sqlite:///PATH`, `postgres://…` or `postgresql://…`.
    /// - Throws: ``SettingsError``.
    package init(url: String) throws {
        if url.hasPrefix("postgres://") || url.hasPrefix("postgresql://") {
            self = .postgres(url: url)
        } else if url.hasPrefix("sqlite:") {
            var path = String(url.dropFirst("sqlite:".count))
            if path.hasPrefix("//") { path = String(path.dropFirst(2)) }
            guard !path.isEmpty else { throw SettingsError("\(SettingName.databaseURL.rawValue)=sqlite: lacks the file's path") }
            self = .sqlite(path: path)
        } else {
            throw SettingsError("\(SettingName.databaseURL.rawValue) begins neither with sqlite: nor with postgres://")
        }
    }

    private static func url(_ source: SettingsSource) -> String {
        func encoded(_ name: SettingName) -> String {
            source.text(name).addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        }
        let password = source.isSet(.postgresPassword) ? ":" + encoded(.postgresPassword) : ""
        // A host that begins with / is the directory of a unix socket and belongs in a parameter.
        let host = source.text(.postgresHost)
        let place = host.hasPrefix("/") ? "" : "\(host):\(source.text(.postgresPort))"
        let socket = host.hasPrefix("/") ? "?host=\(encoded(.postgresHost))&port=\(source.text(.postgresPort))" : ""
        return "postgres://\(encoded(.postgresUser))\(password)@\(place)/\(encoded(.postgresDatabase))\(socket)"
    }
}
