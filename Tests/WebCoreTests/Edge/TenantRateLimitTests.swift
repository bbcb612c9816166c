import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing
import WebCore

@Suite("Requests of a tenant")
struct TenantRateLimitTests {
    private static let second: Int64 = 1_000_000_000

    @Test("so many at once, then so many a second, and no more are saved up than fit")
    func bucket() {
        var buckets = TenantBuckets(rate: RequestRate(perSecond: 10, burst: 3))
        for _ in 0..<3 { #expect(buckets.take("a", now: 0) == nil) }
        #expect(buckets.take("a", now: 0) == Self.second / 10)
        // Being refused costs nothing.
        #expect(buckets.take("a", now: 0) == Self.second / 10)
        #expect(buckets.take("a", now: Self.second / 20) == Self.second / 20)
        #expect(buckets.take("a", now: Self.second / 10) == nil)
        #expect(buckets.take("a", now: Self.second / 10) != nil)
        var granted = 0
        for step in 0..<1000 where buckets.take("a", now: Self.second + Int64(step) * Self.second / 100) == nil { granted += 1 }
        // Ten seconds at ten, and the burst that had been saved up.
        #expect((102...103).contains(granted))
        for _ in 0..<3 { #expect(buckets.take("a", now: 1000 * Self.second) == nil) }
        #expect(buckets.take("a", now: 1000 * Self.second) != nil)
    }

    @Test("one tenant's take nothing from another")
    func apart() {
        var buckets = TenantBuckets(rate: RequestRate(perSecond: 1, burst: 1))
        #expect(buckets.take("a", now: 0) == nil)
        #expect(buckets.take("a", now: 0) != nil)
        #expect(buckets.take("b", now: 0) == nil)
    }

    @Test("very many tenants take bounded memory, and whoever sends all the time is not forgotten")
    func bounded() {
        var buckets = TenantBuckets(rate: RequestRate(perSecond: 1, burst: 100), mostTenants: 1000)
        var granted = 0
        for number in 0..<100_000 {
            #expect(buckets.take("t\(number)", now: 0) == nil)
            if number.isMultiple(of: 100), buckets.take("loud", now: 0) == nil { granted += 1 }
            #expect(buckets.count <= 1000)
        }
        #expect(granted == 100)
    }

    @Test("beyond the rate are a 429 that says when to come back")
    func refused() async throws {
        var web = WebApp()
        web.edge.tenantRequests = RequestRate(perSecond: 1, burst: 2)
        let app = web.make { routes in routes.get("/hello", .open) { _, _ in .text("hello") } }
        try await app.test(.router) { client in
            for _ in 0..<2 { #expect(try await client.execute(uri: "/v1/hello", method: .get).status == .ok) }
            let answer = try await client.execute(uri: "/v1/hello", method: .get)
            #expect(answer.status == .tooManyRequests)
            #expect(answer.headers[.retryAfter] == "1")
            #expect(ReceivedProblem(answer.body).code == "too_many_requests")
        }
    }
}
