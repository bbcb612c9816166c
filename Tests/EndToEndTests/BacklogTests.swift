import JSONText
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Backlog", .timeLimit(.minutes(5)))
    struct BacklogTests {
        @Test("a backlog is worked off with the default pools, all but one of which have nothing to do", arguments: DatabaseKind.available)
        func defaultPools(kind: DatabaseKind) async throws {
            try await withSite(kind) { site in
                let process = try await site.serve()
                let api = process.api
                let batch = try await api.submitBatch(Array(repeating: #"{"type": "demo.noop"}"#, count: 400))
                try await waitForProgress("the backlog is worked off") { try await api.health().isIdle }
                #expect(try await site.states(of: Set(batch)) == ["succeeded": 400])
            }
        }

        @Test("results, failures and retries are what the handlers made of them", arguments: DatabaseKind.available)
        func outcomes(kind: DatabaseKind) async throws {
            try await withSite(kind) { site in
                let process = try await site.serve(["MILLRACE_RETRY_BASE_MS": "1", "MILLRACE_RETRY_CAP_MS": "1"])
                let api = process.api
                let echo = try await api.submit("demo.echo", #"{"text": "Grüße", "n": [1, 2.50]}"#)
                let flaky = try await api.submit("demo.fail", #"{"message": "not yet", "times": 2}"#)
                let broken = try await api.submit("demo.fail", #"{"message": "never", "permanent": true}"#)
                try await api.waitForTask(echo, "succeeded")
                try await api.waitForTask(flaky, "succeeded")
                try await api.waitForTask(broken, "failed")
                // The client's own bytes come back.
                #expect(try await api.task(echo)["result"]?.rawText == #"{"text": "Grüße", "n": [1, 2.50]}"#)
                #expect(
                    try await api.task(flaky)["attempts"]?.elements.compactMap { $0["outcome"]?.string } == [
                        "failed", "failed", "succeeded",
                    ])
                #expect(try await api.task(broken)["attempts"]?.elements.count == 1)
                #expect(try await api.task(broken)["error"]?["message"]?.string == "never")
            }
        }
    }
}
