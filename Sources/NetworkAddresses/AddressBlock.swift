/// All addresses that begin with the same bits: `10.0.0.0/8`, `fd00::/8`.
package struct AddressBlock: Sendable, Hashable {
    private let network: [UInt8]
    private let prefix: Int

    /// - Parameter text: an address, which is a block of one, or address and prefix length. Nil for anything else, and for
    ///   a block whose address has bits behind the prefix: `10.1.0.0/8` is a slip of the pen.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(String(parts[0])) else { return nil }
        let bits = address.bytes.count * 8
        var prefix = bits
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }), let length = Int(parts[1]),
                length <= bits
            else { return nil }
            prefix = length
        }
        network = address.bytes
        self.prefix = prefix
        guard Self.masked(network, prefix) == network else { return nil }
    }

    /// The block of this length that the address lies in.
    /// - Parameter prefix: 0 … 32, or 128 for IPv6; a longer one is cut to that.
    package init(around address: IPAddress, prefix: Int) {
        self.prefix = min(max(0, prefix), address.bytes.count * 8)
        network = Self.masked(address.bytes, self.prefix)
    }

    /// Whether the address lies in the block. An IPv4 address lies in no IPv6 block.
    package func contains(_ address: IPAddress) -> Bool {
        address.bytes.count == network.count && Self.masked(address.bytes, prefix) == network
    }

    private static func masked(_ bytes: [UInt8], _ prefix: Int) -> [UInt8] {
        bytes.enumerated().map { index, byte in
            let bits = min(max(prefix - index * 8, 0), 8)
            return byte & UInt8(truncatingIfNeeded: 0xff00 >> bits)
        }
    }
}
