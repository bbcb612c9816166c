import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("A flood of connections", .timeLimit(.minutes(5)))
    struct FloodTests {
        @Test(
            "connections that say nothing, or half of something, or do not read, keep nobody else from being served",
            arguments: [(nil, [:]), (600, [:]), (nil, ["MILLRACE_MAX_CONNECTIONS": "100"])] as [(Int?, [String: String])])
        func flood(openFiles: Int?, settings: [String: String]) async throws {
            let count = LongTests.areOn ? 6000 : 1100
            try #require(OpenFiles.raise(to: count + 500) >= count + 500, "RLIMIT_NOFILE of the test itself is too low")
            try await withSite(.sqlite) { site in
                let process = try await site.serve(settings.merging(["LOG_LEVEL": "error"]) { $1 }, openFiles: openFiles)
                let request = "GET /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1:\(process.port)\r\n\r\n"
                let flood = try await ConnectionFlood.open(
                    count, port: process.port, saying: ["", "GET /livez HTTP/1.1\r\nHo", request])
                for _ in 0..<10 {
                    // A connection of its own each time.
                    let api = process.api
                    let start = ContinuousClock.now
                    let task = try await api.submit("demo.noop")
                    #expect(ContinuousClock.now - start < .seconds(5))
                    try await api.waitForTask(task, "succeeded")
                }
                // Those that said nothing are served now if they were not cut.
                let served = try await flood.count(answering: request)
                if openFiles == nil, settings.isEmpty, count < 4096 { #expect(served >= count / 3) }
                flood.close()
                #expect(try await process.terminate(within: .seconds(30)) == .code(0))
            }
        }
    }
}
