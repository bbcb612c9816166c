package import NetworkAddresses

/// Finds the addresses of a name. The system's resolver in a process; a test has its own, which changes its answers.
package protocol HostResolver: Sendable {
    /// All addresses of a name, best first.
    /// - Throws: ``LookupFailure``, or `CancellationError` at once when the caller is cancelled.
    func addresses(of name: String) async throws -> [IPAddress]
}

/// A name that could not be turned into addresses. Worth another try: name servers are sometimes away.
package struct LookupFailure: Error, Sendable {
    /// For people, without the name.
    package let reason: String

    /// A failure for this reason.
    package init(reason: String) {
        self.reason = reason
    }
}
