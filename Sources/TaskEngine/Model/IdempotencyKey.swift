/// A request that its sender may repeat, with what makes a repetition the same request.
package struct IdempotencyKey: Sendable, Equatable {
    /// Who owns what the request makes.
    package let tenant: String
    /// Who sent it; keys of two callers never meet.
    package let subject: String
    /// Method and path as the site map writes it, without prefix: `POST /tasks`.
    package let route: String
    /// The sender's own word.
    package let text: String
    /// SHA-256 of everything that was asked for, hex: the same key with another one is a mistake of the sender's.
    package let fingerprint: String

    package init(tenant: String, subject: String, route: String, text: String, fingerprint: String) {
        self.tenant = tenant
        self.subject = subject
        self.route = route
        self.text = text
        self.fingerprint = fingerprint
    }
}
