import Foundation
import TestSupport
import Testing

extension EndToEnd {
    /// Requests whose end two readers may see at different places: what one takes for a body, the other takes for the next request.
    /// Each carries a second request where the other reader would find one. The second is answered 404 if it is ever read.
    @Suite("Smuggled requests", .timeLimit(.minutes(5)))
    struct SmugglingTests {
        private static let inner = "GET /v1/smuggled HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"

        /// Head lines behind the request line and `Host`, and what follows the head.
        private static let forms: [(label: String, head: String, body: String)] = [
            ("length and chunks", "Content-Length: \(inner.count + 5)\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + inner),
            ("chunks and length", "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n" + inner),
            ("chunks and no length", "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", "0\r\n\r\n" + inner),
            ("unknown coding", "Transfer-Encoding: xchunked\r\n", inner),
            ("unknown coding and length", "Transfer-Encoding: xchunked\r\nContent-Length: 4\r\n", "null" + inner),
            ("chunks not last", "Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n" + inner),
            ("two codings", "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", "0\r\n\r\n" + inner),
            ("blank before the colon", "Transfer-Encoding : chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n" + inner),
            ("two lengths", "Content-Length: 0\r\nContent-Length: \(inner.count)\r\n", inner),
            ("two lengths in one", "Content-Length: 0, \(inner.count)\r\n", inner),
            ("length with a sign", "Content-Length: +\(inner.count)\r\n", inner),
            ("negative length", "Content-Length: -1\r\n", inner),
            ("hexadecimal length", "Content-Length: 0x10\r\n", inner),
            ("length beyond 64 bits", "Content-Length: 18446744073709551616\r\n", inner),
            ("folded length", "Content-Length:\r\n \(inner.count)\r\n", inner),
            ("folded line", "X: a\r\n Content-Length: \(inner.count)\r\n", inner),
            ("folded line with a tab", "X: a\r\n\tTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + inner),
            ("hexadecimal chunk", "Transfer-Encoding: chunked\r\n", "0x4\r\nnull\r\n0\r\n\r\n" + inner),
            ("negative chunk", "Transfer-Encoding: chunked\r\n", "-4\r\nnull\r\n0\r\n\r\n" + inner),
            ("chunk beyond 64 bits", "Transfer-Encoding: chunked\r\n", "10000000000000004\r\nnull\r\n0\r\n\r\n" + inner),
            ("chunk longer than it says", "Transfer-Encoding: chunked\r\n", "4\r\nnull]\r\n0\r\n\r\n" + inner),
            ("chunk size ended by a line feed", "Transfer-Encoding: chunked\r\n", "4\nnull\r\n0\r\n\r\n" + inner),
            ("chunk extension with a line feed", "Transfer-Encoding: chunked\r\n", "4;x=\ny\r\nnull\r\n0\r\n\r\n" + inner),
            ("length in a trailer", "Transfer-Encoding: chunked\r\n", "4\r\nnull\r\n0\r\nContent-Length: 100\r\n\r\n" + inner),
            ("line feed alone behind a field", "X: a\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + inner),
            ("carriage return alone", "X: a\rTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + inner),
            ("zero byte in a name", "Content-Length\u{0}: 5\r\n", "12345" + inner),
            ("zero byte in a value", "X: a\u{0}b\r\nContent-Length: 0\r\n", inner),
        ]

        @Test("are refused, and nothing behind them is read")
        func refused() async throws {
            try await withSite(.sqlite) { site in
                let process = try await site.serve(["LOG_LEVEL": "error"])
                for form in Self.forms {
                    let text =
                        "POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1:\(process.port)\r\nContent-Type: application/json\r\n\(form.head)\r\n\(form.body)"
                    let answer = try await RawExchange.exchange(Array(text.utf8), port: process.port, thenCloses: true)
                    let statuses = Self.statuses(answer)
                    #expect(statuses.isEmpty || statuses == ["400"], "\(form.label): \(statuses)")
                }
                try await process.api.expect(200, .get("/livez"))
            }
        }

        @Test(
            "what has one meaning is read by it: the next request begins where the body ends",
            arguments: [
                ("Transfer-Encoding: chunked\r\n", "4;name=value\r\nnull\r\n0\r\n\r\n"),
                ("Transfer-Encoding: Chunked\r\n", "0004\r\nnull\r\n0\r\n\r\n"),
                ("Transfer-Encoding: chunked\r\n", "4\r\nnull\r\n0\r\nX-Trailer: 1\r\n\r\n"), ("Content-Length: 4\r\n", "null"),
            ])
        func unambiguous(head: String, body: String) async throws {
            try await withSite(.sqlite) { site in
                let process = try await site.serve(["LOG_LEVEL": "error"])
                let text =
                    "POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1:\(process.port)\r\nContent-Type: application/json\r\n\(head)\r\n\(body)"
                    + Self.inner
                let answer = try await RawExchange.exchange(Array(text.utf8), port: process.port, thenCloses: true)
                // `null` is no task; then the second request is one of its own.
                #expect(Self.statuses(answer) == ["422", "404"], "\(String(decoding: answer, as: UTF8.self))")
            }
        }

        @Test("a foreign Host is refused, whatever host its target names")
        func twoHosts() async throws {
            try await withSite(.sqlite) { site in
                let process = try await site.serve(["LOG_LEVEL": "error"])
                let text = "GET http://127.0.0.1:\(process.port)/v1/tasks HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
                let answer = try await RawExchange.exchange(Array(text.utf8), port: process.port, thenCloses: false)
                #expect(Self.statuses(answer) == ["403"])
            }
        }

        /// Of all answers, in order.
        private static func statuses(_ bytes: [UInt8]) -> [String] {
            String(decoding: bytes, as: UTF8.self).split(separator: "HTTP/1.1 ").map { String($0.prefix(3)) }
        }
    }
}
