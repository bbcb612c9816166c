/// What a route asks of its caller. Every route names it where it is added to ``Routes``: the site map is the table of roles.
package enum Access: Sendable, Equatable {
    /// Nothing: anybody may ask.
    case open
    /// This role or a higher one.
    case role(Role)
    /// A worker's token, or the role platform.
    case worker
    /// The token of `MILLRACE_METRICS_TOKEN`, or the role platform.
    case metrics
    /// A valid token, whatever it is good for.
    case known

    /// Who reads.
    package static let viewer = Access.role(.viewer)
    /// Who submits, cancels and retries.
    package static let `operator` = Access.role(.operator)
    /// Who changes what a tenant has and deletes.
    package static let admin = Access.role(.admin)
    /// Who manages what all tenants share.
    package static let platform = Access.role(.platform)

    /// - Throws: ``Problem``: `unauthenticated` when the caller is not known, `forbidden` when it may not.
    package func check(_ caller: Caller) throws(Problem) {
        if self == .open { return }
        switch caller {
        case .anonymous: throw .tokenMissing
        case .refused(let problem): throw problem
        case .known(let identity): if !admits(identity) { throw .roleTooLow(needs: need) }
        }
    }

    /// Whether a caller would be let in.
    package func isOpen(to caller: Caller) -> Bool {
        do { try check(caller) } catch { return false }
        return true
    }

    private func admits(_ identity: Identity) -> Bool {
        switch (self, identity.scope) {
        case (.open, _), (.known, _): true
        case (.role(let role), .role): identity.role >= role
        case (.worker, .role), (.metrics, .role): identity.role >= .platform
        case (.worker, .worker), (.metrics, .metrics): true
        case (.role, .worker), (.role, .metrics), (.worker, .metrics), (.metrics, .worker): false
        }
    }

    private var need: String {
        switch self {
        case .open, .known: ""
        case .role(let role): "the role \(role.rawValue)"
        case .worker: "a token for workers, or the role platform"
        case .metrics: "the token of MILLRACE_METRICS_TOKEN, or the role platform"
        }
    }
}
