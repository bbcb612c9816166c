/// Where a queue's tenants are in their round, and how many tasks of one tenant are claimed together.
///
/// One by one is fairest, and what counts when tasks are long. With many tenants it makes each task touch pages of the
/// database that no other task of the transaction touches [a thousand tenants with a backlog: a quarter of the rate of one].
/// So the bunch grows while everybody's turn comes round quickly all the same, and goes back to one task as soon as a round
/// is slow: bunches make no tenant wait for longer than about ``slowRound``.
struct TenantRound: Sendable, Equatable {
    /// The bunch is doubled after a round that took less, microseconds.
    static let quickRound: Int64 = 400_000
    /// A round that takes longer is gone on with one by one.
    static let slowRound: Int64 = 1_000_000
    static let largestBunch = 32
    /// Tenants served in a round before it counts as one of many.
    static let manyTenants = 1_000

    /// Last tenant served; "" begins with the first.
    private(set) var cursor = ""
    private var bunch = 1
    private var startedAt: Int64?
    /// Tenants served in this round so far.
    private var served = 0

    /// How many tenants are served at the most by a claim of so many slots. At least 1.
    func tenants(forSlots slots: Int, now: Int64) -> Int {
        max(1, slots / (isSlow(now) ? 1 : bunch))
    }

    /// Whether the round takes so long that far more tenants than a claim serves come behind the cursor.
    func isLong(_ now: Int64) -> Bool {
        served >= Self.manyTenants && isSlow(now)
    }

    /// Goes on behind the tenants that a claim has served.
    mutating func advance(_ turns: ClaimTurns, now: Int64) {
        cursor = turns.cursor
        if isSlow(now) { bunch = 1 }
        served += turns.tenants
        guard turns.endsRound else { return }
        served = 0
        if let startedAt, (0..<Self.quickRound).contains(now - startedAt) { bunch = min(bunch * 2, Self.largestBunch) }
        startedAt = now
    }

    /// Also when nothing was claimed for a while, and when the clock was set back: what comes now may be quite different.
    private func isSlow(_ now: Int64) -> Bool {
        guard let startedAt else { return true }
        return !(0...Self.slowRound).contains(now - startedAt)
    }
}
