import Executors
import JSONText
import TaskEngine
import TestSupport
import Testing

@Suite("http.request", .timeLimit(.minutes(5)))
struct HTTPRequestTaskTests {
    /// 2026-01-01 00:00:00 UTC.
    private static let now: Int64 = 1_767_225_600

    private func run(_ input: String, allowed: [String] = ["127.0.0.1"]) async throws -> JSONValue {
        let egress = EgressGuard(allowed: try EgressAllowList(allowed), resolver: ScriptedResolver([["127.0.0.1"]]))
        let task = HTTPRequestTask(http: OutgoingHTTP(egress: egress, version: "1.2.3"), now: { Self.now * 1_000_000 })
        return try JSONDocument(parsing: try await task.run(input, task: 42, attempt: 2)).root
    }

    /// Runs a request against a server that answers with `answer`. `fields` are further members of the input.
    private func exchange(_ answer: String, _ fields: String = "", path: String = "/x") async throws -> (result: JSONValue, sent: String) {
        try await ScriptedServer.with([.bytes(answer)]) { server in
            let result = try await run(#"{"url": "http://hooks.example:\#(server.port)\#(path)"\#(fields)}"#)
            return (result, try await server.requests.wait()[0])
        }
    }

    /// How an attempt ended that did not succeed.
    private func outcome(_ answer: String, _ fields: String = "", path: String = "/x") async -> TaskOutcome? {
        do {
            _ = try await exchange(answer, fields, path: path)
            Issue.record("it succeeded")
            return nil
        } catch TaskFailure.permanent(let error) {
            return .failed(error)
        } catch TaskFailure.retry(let error, let after) {
            return .retry(error, after: after)
        } catch let error as TaskError {
            return .retry(error)
        } catch {
            Issue.record(error)
            return nil
        }
    }

    private static func answer(_ status: Int, _ headers: String = "", body: String = "") -> String {
        "HTTP/1.1 \(status) Whatever\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)"
    }

    @Test("the answer is the result, secrets in its headers masked")
    func result() async throws {
        let headers = "X-A: 1\r\nx-a: 2\r\nSet-Cookie: session=hunter2\r\nX-Auth-Token: hunter2\r\n"
        let (result, sent) = try await exchange(Self.answer(200, headers, body: "grün"))
        #expect(result["status"]?.int64 == 200)
        #expect(result["headers"]?["x-a"]?.string == "1, 2")
        #expect(result["headers"]?["content-length"]?.string == "5")
        #expect(result["body"]?.string == "grün")
        #expect(result["body_encoding"]?.string == "text")
        #expect(result["truncated"]?.bool == false)
        #expect((result["duration_ms"]?.int64 ?? -1) >= 0)
        #expect(!result.rawText.contains("hunter2"))
        #expect(sent.hasPrefix("GET /x HTTP/1.1\r\n"))
        let lines = Set(sent.lowercased().split(separator: "\r\n"))
        #expect(lines.isSuperset(of: ["x-millrace-task: 42", "x-millrace-attempt: 2", "user-agent: millrace/1.2.3"]))
    }

    @Test("a body is sent as text or as the JSON that the client wrote, by POST unless said otherwise")
    func bodies() async throws {
        let json = try await exchange(Self.answer(200), #", "body": {"a": [1,  2.50]}"#).sent
        #expect(json.hasPrefix("POST /x HTTP/1.1\r\n"))
        #expect(json.hasSuffix("\r\n\r\n" + #"{"a": [1,  2.50]}"#))
        #expect(json.contains("Content-Type: application/json\r\n"))

        let text = try await exchange(Self.answer(200), #", "method": "put", "body": "a=b\n", "headers": {"content-type": "text/x"}"#).sent
        #expect(text.hasPrefix("PUT /x HTTP/1.1\r\n"))
        #expect(text.hasSuffix("\r\n\r\na=b\n"))
        #expect(text.contains("content-type: text/x\r\n"))

        let none = try await exchange(Self.answer(200), #", "body": null, "headers": null, "method": "DELETE""#).sent
        #expect(none.hasPrefix("DELETE /x HTTP/1.1\r\n"))
        #expect(!none.lowercased().contains("content-"))
    }

    @Test("an answer that is no text is kept as base64")
    func binary() async throws {
        let answer = Array("HTTP/1.1 200 OK\r\n\r\n".utf8) + [0xff, 0x00, 0xfe]
        try await ScriptedServer.with([.binary(answer)]) { server in
            let result = try await run(#"{"url": "http://hooks.example:\#(server.port)/"}"#)
            #expect(result["body_encoding"]?.string == "base64")
            #expect(result["body"]?.string == "/wD+")
        }
    }

    @Test("of a long answer the first MiB is kept, cut between characters")
    func truncated() async throws {
        let result = try await exchange("HTTP/1.1 200 OK\r\n\r\nx" + String(repeating: "é", count: 600_000)).result
        #expect(result["truncated"]?.bool == true)
        #expect(result["body_encoding"]?.string == "text")
        #expect(result["body"]?.string?.utf8.count == (1 << 20) - 1)
    }

    @Test(
        "which answers are expected is the client's to say",
        arguments: [
            (200, "", true), (204, "", true), (299, "", true), (404, "404", true), (404, #""4xx""#, true), (302, #"["2xx", 302]"#, true),
            (503, #""500-503""#, true), (200, "204", false), (504, #""500-503""#, false), (201, "[200, 202]", false),
            (200, #""2xx""#, true), (299, #""2XX""#, true), (300, #""2xx""#, false), (399, #""4xx""#, false),
        ] as [(Int, String, Bool)])
    func expected(status: Int, expected: String, isSuccess: Bool) async throws {
        let fields = expected.isEmpty ? "" : #", "expect_status": \#(expected)"#
        if isSuccess {
            let result = try await exchange(Self.answer(status), fields).result
            #expect(result["status"]?.int64 == Int64(status))
        } else {
            #expect(await outcome(Self.answer(status), fields) != nil)
        }
    }

    @Test(
        "an answer that was not expected is tried again where the server may change its mind",
        arguments: zip(
            [408, 425, 429, 500, 502, 503, 599, 301, 302, 304, 308, 400, 401, 403, 404, 409, 410, 422, 451],
            [true, true, true, true, true, true, true, false, false, false, false, false, false, false, false, false, false, false, false]))
    func statuses(status: Int, isRetried: Bool) async throws {
        switch await outcome(Self.answer(status)) {
        case .retry(let error, let after):
            #expect(isRetried)
            #expect(error.code == "http_status")
            #expect(error.message.contains("answered \(status)"))
            #expect(after == nil)
        case .failed(let error):
            #expect(!isRetried)
            #expect(error.code == "http_status")
            #expect(error.message.contains("answered \(status)"))
        default: Issue.record("no failure")
        }
    }

    @Test(
        "Retry-After is honoured within bounds, in seconds and as each of HTTP's dates",
        arguments: [
            ("7", 7), (" 120 ", 120), ("0", 1), ("99999", 3600), ("99999999999999999999999", 3600),
            ("Thu, 01 Jan 2026 00:00:30 GMT", 30), ("Thursday, 01-Jan-26 00:01:00 GMT", 60), ("Thu Jan  1 00:02:00 2026", 120),
            ("Wed, 31 Dec 2025 23:59:00 GMT", 1), ("Fri, 01 Jan 2027 00:00:00 GMT", 3600), ("soon", nil), ("-5", nil), ("1.5", nil),
            ("Thu, 01 Foo 2026 00:00:30 GMT", nil), ("", nil),
        ] as [(String, Int?)])
    func retryAfter(value: String, seconds: Int?) async throws {
        guard case .retry(_, let after) = await outcome(Self.answer(503, "Retry-After: \(value)\r\n")) else {
            Issue.record("not retried")
            return
        }
        #expect(after == seconds.map { .seconds($0) })
    }

    @Test("an error says what the server said, and keeps secrets")
    func errors() async throws {
        let headers = #", "headers": {"Authorization": "Bearer hunter2", "Cookie": "sid=hunter3", "X-Api-Key": "hunter4"}"#
        let body = "no: Bearer hunter2, hunter2, sid=hunter3, hunter4"
        guard case .failed(let error) = await outcome(Self.answer(400, body: body), headers, path: "/x?token=hunter5") else { return }
        #expect(error.message.contains("GET http://hooks.example:"))
        #expect(error.message.contains("/x answered 400: no: ********"))
        #expect(!error.message.contains("hunter"), "\(error.message)")
    }

    @Test("a redirect names where it leads, without the query")
    func redirect() async throws {
        let answer = Self.answer(302, "Location: https://other.example/login?token=hunter2\r\n")
        guard case .failed(let error) = await outcome(answer) else { return }
        #expect(error.message.contains("redirect to https://other.example/login, and redirects are not followed"))
        #expect(!error.message.contains("hunter2"))
    }

    @Test("a host that must not be reached is a permanent failure that names it")
    func denied() async throws {
        let failure = await #expect(throws: TaskFailure.self) { try await run(#"{"url": "http://hooks.example/"}"#, allowed: []) }
        guard case .permanent(let error) = failure else { return }
        #expect(error.code == "egress_denied")
        #expect(error.message.contains("hooks.example"))
        #expect(!error.message.contains("127.0.0.1"))
    }

    @Test("a server that cannot be reached is tried again")
    func transport() async throws {
        let port = try await ScriptedServer.with([]) { $0.port }
        let error = await #expect(throws: TaskError.self) { try await run(#"{"url": "http://hooks.example:\#(port)/"}"#) }
        #expect(error?.code == "connection_failed")
    }

    @Test(
        "an input that is wrong is a permanent failure that names every field at fault and holds no value",
        arguments: [
            ("[]", ["not a JSON object"]), ("{}", ["'url' is required"]), (#"{"url": 1}"#, ["'url' must be a string"]),
            (#"{"url": "ftp://hunter2"}"#, ["'url' does not begin with http"]),
            (#"{"url": "http://a:hunter2@b/"}"#, ["user name or password"]),
            (#"{"url": "http://a/", "methode": 1, "retries": 2}"#, ["'methode' is not a known field", "'retries'"]),
            (#"{"url": "http://a/", "method": "CONNECT"}"#, ["'method' must be one of GET"]),
            (
                #"{"url": "http://a/", "method": 7, "timeout_ms": 0, "expect_status": "2x"}"#,
                ["'method'", "'timeout_ms'", "'expect_status'"]
            ),
            (#"{"url": "http://a/", "timeout_ms": 3600001}"#, ["'timeout_ms'"]),
            (#"{"url": "http://a/", "timeout_ms": 1.5}"#, ["'timeout_ms'"]),
            (#"{"url": "http://a/", "expect_status": []}"#, ["'expect_status'"]),
            (#"{"url": "http://a/", "expect_status": [200, 600]}"#, ["'expect_status'"]),
            (#"{"url": "http://a/", "expect_status": "300-200"}"#, ["'expect_status'"]),
            (#"{"url": "http://a/", "headers": ["a"]}"#, ["'headers' must be an object"]),
            (#"{"url": "http://a/", "headers": {"a": 1}}"#, ["'a' must be a string"]),
            (#"{"url": "http://a/", "headers": {"a b": "hunter2"}}"#, ["'a b' is no valid header name"]),
            (#"{"url": "http://a/", "headers": {"": "x"}}"#, ["no valid header name"]),
            (#"{"url": "http://a/", "headers": {"A": "x\r\nHost: hunter2"}}"#, ["'A' has line ends"]),
            (#"{"url": "http://a/", "headers": {"A": "hunter2\u0000"}}"#, ["'A' has line ends, control"]),
            (#"{"url": "http://a/", "headers": {"A": "ü"}}"#, ["beyond ASCII"]),
            (#"{"url": "http://a/", "headers": {"A": "x", "a": "y"}}"#, ["'a' is there twice"]),
            (#"{"url": "http://a/", "headers": {"Host": "b"}}"#, ["'Host' cannot be set"]),
            (
                #"{"url": "http://a/", "headers": {"Transfer-Encoding": "chunked", "connection": "x", "Content-Length": "7"}}"#,
                ["'Transfer-Encoding' cannot", "'connection' cannot", "'Content-Length' cannot"]
            ),
            (#"{"url": "http://a/", "headers": {"X-Millrace-Task": "1"}}"#, ["Millrace's own"]),
        ] as [(String, [String])])
    func invalid(input: String, words: [String]) async throws {
        let failure = await #expect(throws: TaskFailure.self) { try await run(input) }
        guard case .permanent(let error) = failure else {
            Issue.record("not permanent")
            return
        }
        #expect(error.code == "invalid_input")
        for word in words { #expect(error.message.contains(word), "\(error.message)") }
        #expect(!error.message.contains("hunter2"))
    }

    @Test("what is wrong is found before the task is submitted, place by place")
    func check() throws {
        var registry = TaskRegistry()
        HTTPRequestTask(http: OutgoingHTTP(egress: EgressGuard(allowed: .none), version: "1"), now: { 0 }).register(in: &registry)
        let check = try #require(registry.type(named: "http.request")?.inputCheck)
        #expect(check(#"{"url": "http://a/"}"#).isEmpty)
        #expect(check("[]").map(\.pointer) == [""])
        let input =
            #"{"url": "ftp://a/", "method": "GOT", "headers": {"A": 1, "Host": "x"}, "timeout_ms": 0, "expect_status": 99, "more": 1}"#
        #expect(
            Set(check(input).map(\.pointer)) == [
                "/url", "/method", "/headers/A", "/headers/Host", "/timeout_ms", "/expect_status", "/more",
            ])
        // Whether an address may be reached is for the process to say that runs the task.
        #expect(check(#"{"url": "http://127.0.0.1/"}"#).isEmpty)
    }

    @Test("too many or too long headers are refused")
    func manyHeaders() async throws {
        let many = (0...100).map { #""h\#($0)": "x""# }.joined(separator: ",")
        let long = #""h": "\#(String(repeating: "x", count: 33_000))""#
        for (headers, word) in [(many, "more than 100"), (long, "longer than")] {
            let failure = await #expect(throws: TaskFailure.self) { try await run(#"{"url": "http://a/", "headers": {\#(headers)}}"#) }
            guard case .permanent(let error) = failure else { continue }
            #expect(error.message.contains(word))
        }
    }
}
