package import NetworkAddresses

/// Decides which addresses a host that a tenant supplied may be connected to.
///
/// The caller connects to one of the addresses returned and never looks the name up again: a name whose answer changes
/// between check and connection (DNS rebinding) gains nothing.
package struct EgressGuard: Sendable {
    private let allowed: EgressAllowList
    private let resolver: any HostResolver

    /// - Parameters:
    ///   - allowed: what may be reached although it is not global.
    ///   - resolver: asked once per ``addresses(of:)``.
    package init(allowed: EgressAllowList, resolver: any HostResolver = SystemResolver()) {
        self.allowed = allowed
        self.resolver = resolver
    }

    /// The checked addresses of a host, best first, at least one.
    ///
    /// One forbidden address among several forbids the host: which of them a connection gets is not ours to gamble on.
    /// - Throws: ``EgressDenied``, ``LookupFailure``, `CancellationError`.
    package func addresses(of host: HostName) async throws -> [IPAddress] {
        let addresses = if let literal = host.address { [literal] } else { try await resolver.addresses(of: host.text) }
        guard !addresses.isEmpty else { throw LookupFailure(reason: "the name has no address") }
        if allowed.allows(host) { return addresses }
        for address in addresses where !isAllowed(address) { throw EgressDenied(host: host.text) }
        return addresses
    }

    private func isAllowed(_ address: IPAddress) -> Bool {
        AddressClass(address) == .global || allowed.allows(address)
    }
}
