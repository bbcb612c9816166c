/// Who sent a request, as far as the server knows.
package struct Identity: Sendable, Equatable {
    /// Owner of everything that the request reads or writes.
    package var tenant: String
    /// Name of the caller within the tenant; written to audit and log, never used to decide.
    package var subject: String
    /// What the caller may do.
    package var role: Role

    /// Creates an identity.
    package init(tenant: String, subject: String, role: Role) {
        self.tenant = tenant
        self.subject = subject
        self.role = role
    }

    /// The caller of a server without keys, which answers on loopback only: tenant `default`, role platform.
    package static let local = Identity(tenant: "default", subject: "local", role: .platform)
}
