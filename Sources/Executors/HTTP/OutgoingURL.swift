import Foundation
import NetworkAddresses

/// An `http` or `https` URL in the one spelling in which it is checked, sent and shown.
///
/// Read here and not by Foundation, so that what is checked and what is connected to cannot be two readings of one text.
package struct OutgoingURL: Sendable, Hashable {
    /// `http` or `https`.
    package let scheme: String
    /// Where it leads.
    package let host: HostName
    /// 1 … 65535; the scheme's own when the text has none.
    package let port: Int
    /// Path, always beginning with `/`, and query. Bytes that a URL cannot hold are percent-encoded.
    package let target: String

    /// Why a text is no such URL.
    package struct Invalid: Error, Sendable {
        /// For people, to be put behind "the url"; holds nothing of the text, which may have a password in it.
        package let reason: String
    }

    /// - Throws: ``Invalid`` also for user names and passwords in the URL (RFC 9110 section 4.2.4) and port 0. A fragment is
    ///   dropped: it is never sent.
    package init(_ text: String) throws(Invalid) {
        guard text.utf8.count <= Self.longest else { throw Invalid(reason: "is longer than \(Self.longest) bytes") }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else { throw Invalid(reason: "has blanks or control characters in it") }
        guard let colon = text.range(of: "://"), let scheme = Self.scheme(text[..<colon.lowerBound]) else {
            throw Invalid(reason: "does not begin with http:// or https://")
        }
        let rest = text[colon.upperBound...]
        let end = rest.firstIndex { "/?#\\".contains($0) } ?? rest.endIndex
        let (host, port) = try Self.authority(rest[..<end])
        self.scheme = scheme
        self.host = host
        self.port = port ?? Self.defaultPort(scheme)
        target = Self.target(rest[end...])
    }

    /// The whole URL.
    package var text: String { origin + target }

    /// Without the query, in which secrets travel: for errors and logs.
    package var shown: String { origin + target.prefix { $0 != "?" } }

    private var origin: String {
        let name = host.address.map { $0.isIPv4 ? host.text : "[\(host.text)]" } ?? host.text
        return "\(scheme)://\(name)\(port == Self.defaultPort(scheme) ? "" : ":\(port)")"
    }

    private static let longest = 8192

    private static func defaultPort(_ scheme: String) -> Int { scheme == "https" ? 443 : 80 }

    private static func scheme(_ text: Substring) -> String? {
        let scheme = text.lowercased()
        return ["http", "https"].contains(scheme) ? scheme : nil
    }

    private static func authority(_ text: Substring) throws(Invalid) -> (HostName, Int?) {
        if text.contains("@") { throw Invalid(reason: "has a user name or password in it; send an Authorization header") }
        var host = text
        var port: Int?
        let afterBracket = text.lastIndex(of: "]") ?? text.startIndex
        if let colon = text[afterBracket...].lastIndex(of: ":") {
            host = text[..<colon]
            port = try number(text[text.index(after: colon)...])
        }
        if host.contains(":"), !host.hasPrefix("[") { throw Invalid(reason: "has an IPv6 address without brackets as its host") }
        do {
            return (try HostName(String(host)), port)
        } catch {
            throw Invalid(reason: error.reason)
        }
    }

    /// Nil for an empty port, which means the default.
    private static func number(_ text: Substring) throws(Invalid) -> Int? {
        if text.isEmpty { return nil }
        let isDecimal = text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard isDecimal, let port = Int(text), (1...65535).contains(port) else { throw Invalid(reason: "has no valid port") }
        return port
    }

    private static func target(_ text: Substring) -> String {
        let sent = text.prefix { $0 != "#" }
        var encoded = sent.hasPrefix("/") ? "" : "/"
        let bytes = Array(sent.utf8)
        for (index, byte) in bytes.enumerated() {
            if byte == UInt8(ascii: "%") ? isEscape(bytes, at: index) : mayStand(byte) {
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                encoded += String(format: "%%%02X", byte)
            }
        }
        return encoded
    }

    /// RFC 3986 section 3.3 and 3.4.
    private static func mayStand(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: "-._~!$&'()*+,;=:@/?".utf8.contains(byte)
        }
    }

    private static func isEscape(_ bytes: [UInt8], at index: Int) -> Bool {
        index + 2 < bytes.count && bytes[index + 1...index + 2].allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
    }
}
