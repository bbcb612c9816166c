package import NetworkAddresses

/// The proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed: the setting `MILLRACE_TRUSTED_PROXIES`. Anybody
/// else's say nothing: everybody can send them.
package struct TrustedProxies: Sendable {
    private var blocks: [AddressBlock] = []

    /// Nobody is believed.
    package static let none = TrustedProxies()

    private init() {}

    /// - Parameter entries: addresses and blocks of them: `10.0.0.0/8`, `192.0.2.7`, `fd00::/8`.
    /// - Throws: ``Invalid`` naming the first entry that is neither.
    package init(_ entries: [String]) throws(Invalid) {
        for entry in entries {
            guard let block = AddressBlock(entry) else { throw Invalid(entry: entry) }
            blocks.append(block)
        }
    }

    /// An entry that means nothing.
    package struct Invalid: Error, Sendable {
        /// As it was written.
        package let entry: String
    }

    /// Whether nobody is believed.
    package var isEmpty: Bool { blocks.isEmpty }

    /// Whether this is one of them.
    package func contains(_ address: IPAddress) -> Bool {
        blocks.contains { $0.contains(address) }
    }

    /// Who a request is from: going back from the connection, the first address that is no proxy's. What stands left of it was
    /// said by a stranger.
    /// - Parameters:
    ///   - peer: the other end of the connection.
    ///   - forwarded: all values of `X-Forwarded-For`, in order; each proxy has added on the right whom it heard from.
    /// - Returns: the peer, if it is no proxy or there is no more to be learnt: an entry that is no address ends the way, and the
    ///   proxy that added it counts. When all are proxies, the first of them.
    package func client(peer: IPAddress, forwarded: [String]) -> IPAddress {
        var client = peer
        guard contains(peer) else { return client }
        let entries = forwarded.flatMap { $0.split(separator: ",", omittingEmptySubsequences: false) }
        for entry in entries.reversed() {
            guard let address = Self.address(entry) else { return client }
            client = address
            if !contains(address) { return client }
        }
        return client
    }

    /// An address as proxies write it: bare, in brackets, and some with a port.
    private static func address(_ entry: Substring) -> IPAddress? {
        var text = entry
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        guard text.utf8.count <= 64 else { return nil }
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]"), isPort(text[text.index(after: end)...]) else { return nil }
            let inner = text[text.index(after: text.startIndex)..<end]
            return inner.contains(":") ? IPAddress(String(inner)) : nil
        }
        if let address = IPAddress(String(text)) { return address }
        guard let colon = text.firstIndex(of: ":"), isPort(text[colon...]) else { return nil }
        return IPAddress(String(text[..<colon]))
    }

    /// Nothing, or a colon and a number.
    private static func isPort(_ text: Substring) -> Bool {
        guard !text.isEmpty else { return true }
        let digits = text.dropFirst().utf8
        return text.first == ":" && (1...5).contains(digits.count) && digits.allSatisfy { $0 &- UInt8(ascii: "0") < 10 }
    }
}
