/// An outgoing connection that must not be made: the address a tenant supplied leads where tenants must not reach.
package struct EgressDenied: Error, Sendable, Equatable {
    /// For the tenant: which host, and that it is not allowed. Names no address inside the operator's network.
    package let message: String

    init(host: String) {
        message = "'\(host)' leads to an address that tasks may not reach; an operator can allow it with MILLRACE_EGRESS_ALLOW"
    }
}
