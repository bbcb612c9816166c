/// What a caller may do. Each role may do everything that the ones below it may.
package enum Role: String, Sendable, Comparable, CaseIterable {
    /// Reads.
    case viewer
    /// Submits, cancels and retries.
    case `operator`
    /// Changes definitions, schedules, secrets, webhooks and tokens, and deletes, within its tenant.
    case admin
    /// Manages what all tenants share: tenants, pools, queues, workers.
    case platform

    package static func < (left: Role, right: Role) -> Bool {
        left.rank < right.rank
    }

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .operator: 1
        case .admin: 2
        case .platform: 3
        }
    }
}
