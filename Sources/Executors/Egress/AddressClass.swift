package import NetworkAddresses

/// What an address is for, by IANA's registries of special-purpose addresses (RFC 6890).
package enum AddressClass: String, Sendable, CaseIterable {
    /// Reachable across the Internet: the only class that tenants may reach unless an operator allows more.
    case global
    case unspecified, loopback, linkLocal, privateUse, sharedSpace, multicast, broadcast, documentation, benchmarking, reserved
    /// An IPv6 form that tunnels or translates to an IPv4 address which is not global itself, or hides it.
    case embedded

    /// The class of an address.
    package init(_ address: IPAddress) {
        self = address.isIPv4 ? Self.ipv4(address) : Self.ipv6(address)
    }

    // MARK: - IPv4

    private static func ipv4(_ address: IPAddress) -> AddressClass {
        table4.first { $0.block.contains(address) }?.meaning ?? .global
    }

    /// In order: the first match counts.
    private static let table4 = table([
        ("0.0.0.0/32", .unspecified),  // RFC 1122 section 3.2.1.3; connects to this host
        ("0.0.0.0/8", .reserved),  // RFC 791, "this network"
        ("10.0.0.0/8", .privateUse),  // RFC 1918
        ("100.64.0.0/10", .sharedSpace),  // RFC 6598, carrier-grade NAT
        ("127.0.0.0/8", .loopback),  // RFC 1122
        ("169.254.0.0/16", .linkLocal),  // RFC 3927; cloud metadata services answer here
        ("172.16.0.0/12", .privateUse),  // RFC 1918
        ("192.0.0.0/24", .reserved),  // RFC 6890, IETF protocol assignments
        ("192.0.2.0/24", .documentation),  // RFC 5737
        ("192.88.99.0/24", .reserved),  // RFC 7526, former 6to4 relays
        ("192.168.0.0/16", .privateUse),  // RFC 1918
        ("198.18.0.0/15", .benchmarking),  // RFC 2544
        ("198.51.100.0/24", .documentation),  // RFC 5737
        ("203.0.113.0/24", .documentation),  // RFC 5737
        ("224.0.0.0/4", .multicast),  // RFC 5771
        ("255.255.255.255/32", .broadcast),  // RFC 919
        ("240.0.0.0/4", .reserved),  // RFC 1112
    ])

    // MARK: - IPv6

    private static func ipv6(_ address: IPAddress) -> AddressClass {
        if let listed = table6.first(where: { $0.block.contains(address) })?.meaning { return listed }
        if nat64.contains(address) { return embedded(address.bytes[12..<16]) }
        if sixToFour.contains(address) { return embedded(address.bytes[2..<6]) }
        return globalUnicast.contains(address) ? .global : .reserved
    }

    /// Reaches the IPv4 address inside, so it is global only if that one is.
    private static func embedded(_ bytes: ArraySlice<UInt8>) -> AddressClass {
        guard let inner = IPAddress(bytes: Array(bytes)), AddressClass(inner) == .global else { return .embedded }
        return .global
    }

    /// In order: the first match counts. IPv4-mapped addresses never come here, see ``IPAddress``.
    private static let table6 = table([
        ("::/128", .unspecified),  // RFC 4291
        ("::1/128", .loopback),  // RFC 4291
        ("::/96", .embedded),  // RFC 4291 section 2.5.5.1, IPv4-compatible, deprecated
        ("::ffff:0:0:0/96", .embedded),  // RFC 2765, IPv4-translated
        ("64:ff9b:1::/48", .embedded),  // RFC 8215, NAT64 for local use
        ("100::/64", .reserved),  // RFC 6666, discard
        ("2001::/32", .embedded),  // RFC 4380, Teredo
        ("2001:2::/48", .benchmarking),  // RFC 5180
        ("2001::/23", .reserved),  // RFC 2928, IETF protocol assignments
        ("2001:db8::/32", .documentation),  // RFC 3849
        ("3fff::/20", .documentation),  // RFC 9637
        ("5f00::/16", .reserved),  // RFC 9602, segment routing
        ("fc00::/7", .privateUse),  // RFC 4193, unique local
        ("fe80::/10", .linkLocal),  // RFC 4291
        ("fec0::/10", .privateUse),  // RFC 3879, former site-local
        ("ff00::/8", .multicast),  // RFC 4291
    ])

    private static let nat64 = block("64:ff9b::/96")  // RFC 6052
    private static let sixToFour = block("2002::/16")  // RFC 3056
    private static let globalUnicast = block("2000::/3")  // RFC 4291, all that IANA has ever assigned

    private static func table(_ rows: [(String, AddressClass)]) -> [(block: AddressBlock, meaning: AddressClass)] {
        rows.map { (block($0.0), $0.1) }
    }

    private static func block(_ text: String) -> AddressBlock {
        guard let block = AddressBlock(text) else { preconditionFailure("\(text) is no address block") }
        return block
    }
}
