/// `host:port` to listen on; `[::1]:8080` for IPv6.
package struct BindAddress: Sendable, Equatable {
    /// Without brackets.
    package var host: String
    /// 0 takes any free port.
    package var port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// - Throws: ``SettingsError``.
    package init(_ text: String) throws {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]), (0...65535).contains(port) else {
            throw SettingsError(.bind, text, expected: "an address such as 127.0.0.1:8080")
        }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard !host.isEmpty else { throw SettingsError(.bind, text, expected: "an address such as 127.0.0.1:8080") }
        self.host = host
        self.port = port
    }
}
