package import NetworkAddresses

/// Where tasks may connect to although the address is not global: the setting `MILLRACE_EGRESS_ALLOW`.
package struct EgressAllowList: Sendable, Equatable {
    private var names: Set<String> = []
    private var suffixes: [String] = []
    private var blocks: [AddressBlock] = []

    /// Nothing beyond global addresses.
    package static let none = EgressAllowList()

    private init() {}

    /// - Parameter entries: host names (`hooks.internal`), every name below one (`*.internal`), addresses and blocks of
    ///   addresses (`10.20.0.0/16`, `fd00::/8`).
    /// - Throws: ``Invalid`` naming the first entry that is none of these.
    package init(_ entries: [String]) throws(Invalid) {
        for entry in entries { try add(entry) }
    }

    /// An entry that means nothing.
    package struct Invalid: Error, Sendable {
        /// As it was written.
        package let entry: String
    }

    /// Whether this name may be reached wherever it leads.
    package func allows(_ host: HostName) -> Bool {
        guard host.address == nil else { return false }
        return names.contains(host.text) || suffixes.contains { host.text.hasSuffix($0) }
    }

    /// Whether this address may be reached under any name.
    package func allows(_ address: IPAddress) -> Bool {
        blocks.contains { $0.contains(address) }
    }

    private mutating func add(_ entry: String) throws(Invalid) {
        if let block = AddressBlock(entry) {
            blocks.append(block)
            return
        }
        let isSuffix = entry.hasPrefix("*.")
        guard let host = try? HostName(isSuffix ? String(entry.dropFirst(2)) : entry), host.address == nil else {
            throw Invalid(entry: entry)
        }
        if isSuffix { suffixes.append("." + host.text) } else { names.insert(host.text) }
    }
}
