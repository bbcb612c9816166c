import Testing

@testable import TaskEngine

@Suite("How many tasks of one tenant are claimed together")
struct TenantRoundTests {
    private let start: Int64 = 1_000_000_000

    /// A round over some tenants, whose claims are all made at one time.
    private func complete(_ round: inout TenantRound, at now: Int64) {
        round.advance(ClaimTurns(Claim.Request(queue: "default", slots: 10), []), now: now)
    }

    private func task(of tenant: String) -> ClaimedTask {
        ClaimedTask(
            id: 1, tenant: tenant, type: "t", queue: "default", priority: 5, claim: 1, attempt: 1, attemptBase: 0, maxRetries: 0,
            softMilliseconds: nil, timeoutMilliseconds: nil, readyAt: 1, createdAt: 1, startedAt: 1, version: 1, worker: 1, input: "{}",
            expiresAt: nil)
    }

    @Test("at first one by one")
    func first() {
        #expect(TenantRound().tenants(forSlots: 500, now: start) == 500)
    }

    @Test("quick rounds double the bunch, up to 32")
    func quickRounds() {
        var round = TenantRound()
        complete(&round, at: start)
        var seen: [Int] = []
        for index in 1...7 {
            let now = start + Int64(index) * 1000
            complete(&round, at: now)
            seen.append(round.tenants(forSlots: 640, now: now))
        }
        #expect(seen == [320, 160, 80, 40, 20, 20, 20])
        #expect(round.tenants(forSlots: 3, now: start + 7000) == 1)
    }

    @Test("a slow round, an idle time and a clock that is set back go on one by one", arguments: [1_000_001, 3_600_000_000, -1])
    func slowRounds(later: Int64) {
        var round = TenantRound()
        for index in 0..<6 { complete(&round, at: start + Int64(index)) }
        let last = start + 5
        #expect(round.tenants(forSlots: 64, now: last) == 2)
        #expect(round.tenants(forSlots: 64, now: last + later) == 64)
        complete(&round, at: last + later)
        #expect(round.tenants(forSlots: 64, now: last + later) == 64)
    }

    @Test("a round is long when it has served many tenants and goes on for more than a second, until it ends")
    func long() {
        var round = TenantRound()
        complete(&round, at: start)
        let many = (0..<TenantRound.manyTenants).map { task(of: "tenant \($0)") }
        let all = Claim.Request(queue: "default", slots: many.count)
        round.advance(ClaimTurns(all, many), now: start + 1)
        #expect(!round.isLong(start + 1))
        #expect(round.isLong(start + TenantRound.slowRound + 1))
        complete(&round, at: start + 5_000_000)
        #expect(!round.isLong(start + 9_000_000))
    }

    @Test("rounds that are neither quick nor slow keep the bunch")
    func steady() {
        var round = TenantRound()
        for index in 0..<3 { complete(&round, at: start + Int64(index)) }
        complete(&round, at: start + 2 + TenantRound.quickRound)
        #expect(round.tenants(forSlots: 64, now: start + 2 + TenantRound.quickRound) == 16)
    }
}
