package import NetworkAddresses

/// A host as a client writes it, in one spelling: a name in lower case without the dot at its end, or an address.
package struct HostName: Sendable, Hashable {
    /// The name, or the address in its usual notation without brackets.
    package let text: String
    /// The address when the host is one.
    package let address: IPAddress?

    /// Why a text names no host.
    package struct Invalid: Error, Sendable {
        /// For people; holds nothing of the text.
        package let reason: String
    }

    /// - Parameter text: a name of letters, digits, `-`, `_` and dots, or an address, an IPv6 one in brackets or not.
    /// - Throws: ``Invalid`` for anything else, also for other notations of an IPv4 address (`0x7f.1`, `2130706433`), which
    ///   readers understand differently, and for names beyond ASCII, which are to be written in their `xn--` form.
    package init(_ text: String) throws(Invalid) {
        let isBracketed = text.hasPrefix("[") && text.hasSuffix("]") && text.utf8.count > 2
        let bare = isBracketed ? String(text.dropFirst().dropLast()) : text
        if bare.contains("%") { throw Invalid(reason: "has a zone or percent signs in its host") }
        if isBracketed || bare.contains(":") {
            guard bare.contains(":"), let address = IPAddress(bare) else { throw Invalid(reason: "has no valid IPv6 address as its host") }
            self.init(text: address.description, address: address)
        } else if let address = IPAddress(bare) {
            self.init(text: address.description, address: address)
        } else {
            self.init(text: try Self.name(bare), address: nil)
        }
    }

    private init(text: String, address: IPAddress?) {
        self.text = text
        self.address = address
    }

    private static func name(_ text: String) throws(Invalid) -> String {
        let name = (text.hasSuffix(".") ? String(text.dropLast()) : text).lowercased()
        guard !name.isEmpty else { throw Invalid(reason: "has no host") }
        guard name.utf8.allSatisfy({ $0 < 0x80 }) else { throw Invalid(reason: "has a host beyond ASCII; write it in its xn-- form") }
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        guard name.utf8.count <= 253, labels.allSatisfy(isLabel) else { throw Invalid(reason: "has no valid host name") }
        if let last = labels.last, isNumber(last) {
            throw Invalid(reason: "has a host that looks like a number; write an IPv4 address as four decimal numbers")
        }
        return name
    }

    private static func isLabel(_ label: Substring) -> Bool {
        (1...63).contains(label.utf8.count)
            && label.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    /// What the system's resolver would read as part of an IPv4 address (inet_aton).
    private static func isNumber(_ label: Substring) -> Bool {
        let isDecimal = label.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return isDecimal || (label.hasPrefix("0x") && label.dropFirst(2).allSatisfy(\.isHexDigit))
    }
}
