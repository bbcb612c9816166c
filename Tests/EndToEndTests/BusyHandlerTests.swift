import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Busy handlers", .timeLimit(.minutes(5)))
    struct BusyHandlerTests {
        @Test("two CPU-busy handlers do not delay /livez by more than 50 ms")
        func livez() async throws {
            try await withSite(.sqlite) { site in
                let process = try await site.serve(["MILLRACE_POOLS": "default=2"])
                let api = process.api
                let probe = HTTPConnection(port: process.port)
                // What the machine needs anyhow: other tests run beside this one.
                let idle = try await probe.time(.get("/livez"), count: 200)

                var tasks: [Int64] = []
                for _ in 0..<2 { tasks.append(try await api.submit("demo.spin", #"{"ms": 3000}"#)) }
                for task in tasks { try await api.waitForTask(task, "running") }
                let busy = try await probe.time(.get("/livez"), count: 200)
                for task in tasks { #expect(try await api.state(task) == "running", "the handlers ended before the probe did") }

                let delay = Self.percentile(95, busy) - Self.percentile(95, idle)
                #expect(delay <= .milliseconds(50), "95th percentile: idle \(Self.percentile(95, idle)), busy \(Self.percentile(95, busy))")
                for task in tasks { try await api.waitForTask(task, "succeeded") }
            }
        }

        private static func percentile(_ percent: Int, _ times: [Duration]) -> Duration {
            times.sorted()[times.count * percent / 100 - 1]
        }
    }
}
