/// Who sent a request, as far as the server knows.
package struct Identity: Sendable, Equatable {
    /// What a token is good for, beside its role.
    package enum Scope: Sendable, Equatable {
        /// Whatever the role may do.
        case role
        /// The worker protocol and nothing else, for tasks of these types.
        case worker(types: Set<String>)
        /// `GET /metrics` and nothing else.
        case metrics
    }

    /// How the caller showed who it is.
    package enum Credential: Sendable, Equatable {
        /// Not at all: the server has no keys and answers this machine only.
        case none
        /// A signed token (JWT).
        case signed
        /// A stored token, by its id.
        case stored(id: Int64)
        /// The cookie of a session.
        case session(Session)
        /// The token of `MILLRACE_METRICS_TOKEN`.
        case metrics
    }

    /// What a request with a cookie must show beside it.
    package struct Session: Sendable, Equatable {
        /// Belongs into every form of the session's pages; see ``SessionCookie``.
        package let formToken: String

        /// Creates one.
        package init(formToken: String) {
            self.formToken = formToken
        }
    }

    /// Owner of everything that the request reads or writes.
    package var tenant: String
    /// Name of the caller within the tenant; written to audit and log, never used to decide.
    package var subject: String
    /// What the caller may do.
    package var role: Role
    /// What the caller's token is good for.
    package var scope: Scope
    /// How the caller showed who it is.
    package var credential: Credential
    /// When that ends, microseconds since 1970; nil for never.
    package var expiresAt: Int64?

    /// Creates an identity.
    package init(
        tenant: String, subject: String, role: Role, scope: Scope = .role, credential: Credential = .none, expiresAt: Int64? = nil
    ) {
        self.tenant = tenant
        self.subject = subject
        self.role = role
        self.scope = scope
        self.credential = credential
        self.expiresAt = expiresAt
    }

    /// The caller of a server without keys, which answers on loopback only: tenant `default`, role platform.
    package static let local = Identity(tenant: "default", subject: "local", role: .platform)

    /// Nobody in particular: owns nothing, since no tenant has an empty name.
    package static let nobody = Identity(tenant: "", subject: "", role: .viewer)
}
