import Foundation

/// An IPv4 or IPv6 address, without a zone.
///
/// Invariant: 4 or 16 bytes in network order. An IPv4-mapped IPv6 address (`::ffff:10.0.0.1`, RFC 4291 section 2.5.5.2) is
/// held as the IPv4 address that a connection to it goes to, so nothing compares the two apart.
package struct IPAddress: Sendable, Hashable, CustomStringConvertible {
    /// 4 or 16 bytes, most significant first.
    package let bytes: [UInt8]

    /// - Parameter bytes: 4 or 16 of them in network order; nil for any other number.
    package init?(bytes: [UInt8]) {
        switch bytes.count {
        case 4: self.bytes = bytes
        case 16: self.bytes = bytes.starts(with: Self.mappedPrefix) ? Array(bytes[12...]) : bytes
        default: return nil
        }
    }

    /// Reads an address in its one usual notation: four decimal numbers without leading zeros, or RFC 4291 text without
    /// brackets. Nil for everything else, such as `0x7f.1`, `127.1`, `010.0.0.1` and addresses with a zone.
    package init?(_ text: String) {
        self.init(bytes: text.contains(":") ? Self.parse6(text) : Self.parse4(text))
    }

    /// Whether it has 4 bytes.
    package var isIPv4: Bool { bytes.count == 4 }

    /// The usual notation (RFC 5952 for IPv6), without brackets.
    package var description: String {
        var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        _ = bytes.withUnsafeBytes { inet_ntop(isIPv4 ? AF_INET : AF_INET6, $0.baseAddress, &text, socklen_t(text.count)) }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static let mappedPrefix = [UInt8](repeating: 0, count: 10) + [0xff, 0xff]

    private static func parse4(_ text: String) -> [UInt8] {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        // A leading zero means octal to some readers and decimal to others.
        return parts.compactMap { part in
            let isDecimal = !part.isEmpty && part.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            return isDecimal && (part.count == 1 || part.first != "0") ? UInt8(part) : nil
        }.count == parts.count ? parts.compactMap { UInt8($0) } : []
    }

    private static func parse6(_ text: String) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 16)
        guard text.utf8.count <= 45, !text.utf8.contains(0), inet_pton(AF_INET6, text, &bytes) == 1 else { return [] }
        return bytes
    }
}
