/// What counts as this machine and only this machine.
package enum Loopback {
    /// Whether a server bound to this host can be reached from this machine only: `localhost`, `127.…`, `::1`, with or without brackets.
    ///
    /// A server without keys refuses to start anywhere else.
    package static func isLoopback(_ host: String) -> Bool {
        let name = host.lowercased()
        if name == "localhost" || name == "::1" || name == "[::1]" { return true }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy(isByte)
    }

    /// Whether an authority, a host with an optional port as in `Host`, names this machine.
    static func isLoopback(authority: some StringProtocol) -> Bool {
        guard let host = host(ofAuthority: String(authority)) else { return false }
        return isLoopback(host)
    }

    /// The host of `host`, `host:port` or `[v6]:port`; nil if the port is no number.
    private static func host(ofAuthority authority: String) -> String? {
        if authority.hasPrefix("[") {
            guard let bracket = authority.firstIndex(of: "]") else { return nil }
            let rest = authority[authority.index(after: bracket)...]
            guard rest.isEmpty || (rest.first == ":" && isPort(rest.dropFirst())) else { return nil }
            return String(authority[...bracket])
        }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 1 || (parts.count == 2 && isPort(parts[1])) else { return nil }
        return String(parts[0])
    }

    private static func isPort(_ text: Substring) -> Bool {
        text.utf8.allSatisfy { $0 &- UInt8(ascii: "0") < 10 } && text.utf8.count <= 5
    }

    private static func isByte(_ text: Substring) -> Bool {
        (1...3).contains(text.utf8.count) && text.utf8.allSatisfy { $0 &- UInt8(ascii: "0") < 10 } && UInt8(text) != nil
    }
}
