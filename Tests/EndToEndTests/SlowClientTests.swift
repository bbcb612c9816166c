import Foundation
import TestSupport
import Testing

extension EndToEnd {
    @Suite("Slow and greedy clients", .timeLimit(.minutes(2)))
    struct SlowClientTests {
        @Test("headers without an end are cut long before a megabyte, and the server goes on", arguments: [1, 1000])
        func endlessHead(fields: Int) async throws {
            try await withSite(.sqlite) { site in
                let process = try await site.serve(["LOG_LEVEL": "error"])
                let lines = (0..<fields).map { "X-\($0): " + String(repeating: "x", count: (1 << 20) / fields) }.joined(separator: "\r\n")
                let start = ContinuousClock.now
                // The empty line that would end the head never comes.
                let answer = try await RawExchange.exchange(
                    Array("GET /livez HTTP/1.1\r\nHost: 127.0.0.1:\(process.port)\r\n\(lines)".utf8), port: process.port, thenCloses: false)
                #expect(ContinuousClock.now - start < .seconds(10))
                let text = String(decoding: answer, as: UTF8.self)
                #expect(answer.isEmpty || text.hasPrefix("HTTP/1.1 4"), "\(text)")
                try await process.api.expect(200, .get("/livez"))
                #expect(try await process.terminate() == .code(0))
            }
        }

        @Test("a body that is no longer wanted and does not come is given up within seconds, after the answer")
        func unwantedBody() async throws {
            try await withSite(.sqlite) { site in
                let process = try await site.serve(["LOG_LEVEL": "error"])
                let head = """
                    POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1:\(process.port)\r\nContent-Type: text/plain\r\nContent-Length: 1000000\r\n\r\n
                    """
                // 5 s of lingering, and a sixth of it until it is noticed.
                let answer = try await RawExchange.exchange(Array((head + "{").utf8), port: process.port, thenCloses: false, patience: 9)
                let text = String(decoding: answer, as: UTF8.self)
                #expect(text.hasPrefix("HTTP/1.1 413 ") && text.contains("application/problem+json"), "\(text)")
                #expect(try await process.terminate() == .code(0))
            }
        }

        @Test("300 clients that send half a request or do not read do not keep the others waiting, nor the end of the process")
        func manySlowClients() async throws {
            try await withSite(.sqlite) { site in
                let process = try await site.serve(["LOG_LEVEL": "error", "MILLRACE_GRACE_MS": "1000"])
                let host = "Host: 127.0.0.1:\(process.port)\r\n"
                let starts = [
                    "GET /livez HTTP/1.1\r\nHo",
                    "POST /v1/tasks HTTP/1.1\r\n\(host)Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n{",
                    "POST /v1/uploads HTTP/1.1\r\n\(host)Content-Type: multipart/form-data; boundary=X\r\nContent-Length: 5000\r\n\r\n--X",
                    String(repeating: "GET /v1/tasks HTTP/1.1\r\n\(host)\r\n", count: 100),
                    "",
                ]
                var slow: [HTTPConnection] = []
                for number in 0..<300 {
                    let client = HTTPConnection(port: process.port)
                    try await client.sendOnly(Array(starts[number % starts.count].utf8))
                    slow.append(client)
                }
                let api = process.api
                for _ in 0..<20 {
                    let start = ContinuousClock.now
                    let task = try await api.submit("demo.noop")
                    #expect(ContinuousClock.now - start < .seconds(2))
                    try await api.waitForTask(task, "succeeded")
                }
                #expect(try await process.terminate(within: .seconds(15)) == .code(0))
                for client in slow { try await client.hangUp() }
            }
        }
    }
}
