import Foundation
import JSONText
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Malformed requests", .timeLimit(.minutes(5)))
    struct MalformedRequestTests {
        @Test("more than 500 of many kinds are refused one by one, and the server still serves in the memory it had")
        func refused() async throws {
            let seed = UInt64.random(in: .min ... .max)
            print("malformed requests: seed \(seed)")
            try await withSite(.sqlite) { site in
                let process = try await site.serve(["LOG_LEVEL": "error"])
                var requests = MalformedRequests(seed: seed, port: process.port)
                let samples = requests.samples(rounds: 5)
                #expect(samples.count > 500)
                var memory: Int?
                for (index, sample) in samples.enumerated() {
                    let answer = try await RawExchange.exchange(sample.bytes, port: process.port, thenCloses: sample.isBrokenHTTP)
                    if let problem = Self.complaint(answer, sample) { Issue.record("seed \(seed), \(index) (\(sample.label)): \(problem)") }
                    if index == samples.count / 5 { memory = ProcessMemory.resident(process.child.pid) }
                    if index % 25 == 0 { try await process.api.expect(200, .get("/livez")) }
                }
                let task = try await process.api.submit("demo.noop")
                try await process.api.waitForTask(task, "succeeded")
                if let memory, let now = ProcessMemory.resident(process.child.pid) {
                    #expect(now - memory < 32 << 20, "seed \(seed): \(memory) bytes became \(now)")
                }
                #expect(try await process.terminate() == .code(0))
            }
        }

        /// What is wrong with an answer; nil when nothing is.
        private static func complaint(_ bytes: [UInt8], _ sample: MalformedRequests.Sample) -> String? {
            let text = String(decoding: bytes.prefix(1500), as: UTF8.self)
            if bytes.isEmpty { return sample.isBrokenHTTP ? nil : "no answer" }
            guard let status = Int(text.split(separator: " ").dropFirst().first ?? "") else { return "no status line: \(text)" }
            guard (400..<500).contains(status) || status == 501 else { return "answered \(text)" }
            if sample.isBrokenHTTP { return nil }
            return text.contains("application/problem+json") && text.contains("\"code\"") ? nil : "no problem: \(text)"
        }
    }
}
