/// How many requests a tenant may send: so many at once, and so many a second in the long run.
package struct RequestRate: Sendable, Equatable {
    /// At least 1.
    package var perSecond: Int
    /// At least 1.
    package var burst: Int

    /// A rate.
    package init(perSecond: Int, burst: Int) {
        self.perSecond = max(1, perSecond)
        self.burst = max(1, burst)
    }
}

/// A token bucket for each tenant. Pure: times come in, a wait comes out.
///
/// A bucket is one number, the time at which it is full again; a full one is the same as none. So memory is bounded: of two generations of
/// buckets the older is forgotten when the younger has its half, which only refills the buckets of tenants that were silent meanwhile.
package struct TenantBuckets: Sendable {
    private let rate: RequestRate
    private let generation: Int
    private var younger: [String: Int64] = [:]
    private var older: [String: Int64] = [:]

    /// - Parameter mostTenants: buckets kept at once.
    package init(rate: RequestRate, mostTenants: Int = 100_000) {
        self.rate = rate
        generation = max(1, mostTenants / 2)
    }

    /// How many are kept.
    package var count: Int { younger.count + older.count }

    /// Takes one token.
    /// - Parameter now: nanoseconds of a clock that never goes back.
    /// - Returns: nil when there was one; else after how many nanoseconds there is.
    package mutating func take(_ tenant: String, now: Int64) -> Int64? {
        let each = 1_000_000_000 / Int64(rate.perSecond)
        let fullAt = max(younger[tenant] ?? older[tenant] ?? now, now) + each
        let wait = fullAt - now - each * Int64(rate.burst)
        // Who is refused stays known as well: it must not be forgotten into a full bucket.
        keep(tenant, wait > 0 ? fullAt - each : fullAt)
        return wait > 0 ? wait : nil
    }

    private mutating func keep(_ tenant: String, _ fullAt: Int64) {
        if younger.count >= generation, younger[tenant] == nil {
            older = younger
            younger.removeAll(keepingCapacity: true)
        }
        younger[tenant] = fullAt
    }
}
