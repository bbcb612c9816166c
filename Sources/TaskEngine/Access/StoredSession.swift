import Storage

/// A person's session after a login. Its digest is that of the browser's cookie.
package struct StoredSession: Sendable, Equatable {
    /// Whose work is shown.
    package let tenant: String
    /// Who logged in.
    package let subject: String
    /// Name of a role.
    package let role: String
    /// The stored token of the login, with which the session ends; nil for a signed one.
    package let token: Int64?
    /// Microseconds since 1970.
    package let expiresAt: Int64

    /// One that nothing is checked of here.
    package init(tenant: String, subject: String, role: String, token: Int64?, expiresAt: Int64) {
        self.tenant = tenant
        self.subject = subject
        self.role = role
        self.token = token
        self.expiresAt = expiresAt
    }

    init(_ row: Row) {
        tenant = row.text(0)
        subject = row.text(1)
        role = row.text(2)
        token = row.intOrNil(3)
        expiresAt = row.int(4)
    }
}
