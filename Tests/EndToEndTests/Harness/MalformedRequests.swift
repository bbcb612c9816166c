import Foundation
import TestSupport

/// Requests that are wrong in one of many ways, the same ones for the same seed.
struct MalformedRequests {
    /// Bytes as they travel, and what may come back.
    struct Sample: Sendable {
        let label: String
        let bytes: [UInt8]
        /// HTTP itself is broken: an answer without a problem, or none before the connection ends, will do.
        var isBrokenHTTP = false
    }

    private var random: SeededRandom
    private let port: Int

    init(seed: UInt64, port: Int) {
        random = SeededRandom(seed: seed)
        self.port = port
    }

    /// `rounds` samples of every kind.
    mutating func samples(rounds: Int) -> [Sample] {
        var samples: [Sample] = []
        for _ in 0..<rounds {
            for index in Self.jsonBodies.indices { samples.append(badJSON(index)) }
            for index in Self.paths.indices { samples.append(badPath(index)) }
            for index in Self.fields.indices { samples.append(badField(index)) }
            for index in Self.heads.indices { samples.append(brokenHead(index)) }
            for index in Self.multiparts.indices { samples.append(badMultipart(index)) }
            samples += [wrongMethod(), wrongType(), badChunks(), garbage(), longHead()]
        }
        return samples
    }

    // MARK: - Kinds

    private static let jsonBodies = [
        "", "{", "}", "[", "{\"type\":}", "{\"type\":\"demo.noop\",}", "{\"type\":\"demo.noop\" \"input\":{}}", "nul", "tru", "\"", "\u{1}",
        "{'type':'demo.noop'}", "{\"type\":\"demo.noop\"}{}", "{\"type\":\"demo.noop\",\"type\":\"demo.echo\"}", "01", "-", "1e", "0x10",
        "NaN",
        "{\"type\":\"\\ud800\"}", "{\"type\":\"\\x\"}", "{\"type\":\"a\nb\"}", "[]", "7", "null", "\"text\"", "true",
        "{\"type\":\"demo.noop\",\"input\":1e999999}x",
    ]

    private mutating func badJSON(_ index: Int) -> Sample {
        var body = Array(Self.jsonBodies[index].utf8)
        switch Int.random(in: 0..<8, using: &random) {
        case 0: body += [0xff, 0xfe]
        case 1: body.insert(0, at: body.count / 2)
        case 2: body = Array(String(repeating: "[", count: 5000).utf8)
        case 3: body = Array(#"{"type":"demo.noop","input":{"x":""#.utf8) + [0xc3, 0x28] + Array(#""}}"#.utf8)
        default: break
        }
        return post("json \(index)", "/v1/tasks", "application/json", body)
    }

    /// Members of a submit that make no sense.
    private static let fields = [
        #""type":7"#, #""type":null"#, #""type":"no.such.type""#, #""type":"demo.noop","queue":"nowhere""#,
        #""type":"demo.noop","queue":[]"#,
        #""type":"demo.noop","priority":10"#, #""type":"demo.noop","priority":-1"#, #""type":"demo.noop","priority":1.5"#,
        #""type":"demo.noop","priority":99999999999999999999"#, #""type":"demo.noop","run_at":"yesterday""#,
        #""type":"demo.noop","run_at":"2030-02-30T00:00:00Z""#, #""type":"demo.noop","delay_ms":-5"#,
        #""type":"demo.noop","delay_ms":9223372036854775807"#, #""type":"demo.noop","max_retries":"3""#,
        #""type":"demo.noop","timeout_ms":0"#, #""type":"demo.noop","tags":"a""#, #""type":"demo.noop","tags":[1]"#,
        #""type":"demo.noop","metadata":[]"#, #""type":"demo.noop","unknown":1"#, #""type":"demo.noop","Type":"x""#,
        #""type":"demo.noop","unique_window_ms":5"#, #""type":"demo.noop","unique_key":{}"#,
        #""type":"demo.noop","expires_at":"1970-01-01T00:00:00Z""#,
    ]

    private mutating func badField(_ index: Int) -> Sample {
        let body = "{" + Self.fields[index] + "}"
        return Bool.random(using: &random)
            ? post("field \(index)", "/v1/tasks", "application/json", Array(body.utf8))
            : post(
                "batch field \(index)", "/api/tasks/batch", "application/json", Array(#"{"tasks":[{"type":"demo.noop"},\#(body)]}"#.utf8))
    }

    private static let paths = [
        "/v1/tasks/abc", "/v1/tasks/99999999999999999999", "/v1/tasks/-1", "/v1/tasks/0x1", "/v1/tasks/1%00", "/v1/tasks/%ff",
        "/v1/tasks/1/nothing",
        "/v1/tasks/%2e%2e/%2e%2e/etc/passwd", "/../../etc/passwd", "//", "/v1//tasks//1/x", "/v1/tasks?limit=0", "/v1/tasks?limit=501",
        "/v1/tasks?limit=x",
        "/v1/tasks?limit=99999999999999999999", "/v1/tasks?limit=1&limit=2", "/v1/tasks?cursor=zzz", "/v1/tasks?cursor=%00%ff",
        "/v1/tasks?cursor=eyJ4IjoxfQ", "/v1/tasks?state=asleep", "/v1/tasks?unknown=1", "/v1/tasks?before=then", "/v1/tasks?%=1",
        "/v1/runs/9999999999999999999999", "/v1/runs/1/stanzas?cursor=AAAA", "/v1/runs/none/files", "/v1/uploads/x", "/v1/uploads?limit=-1",
        "/v1/runs?status=%F0%9F%98%80", "/v1/tasks/1/status?wait_ms=-1", "/v1/nowhere", "/v2/tasks",
    ]

    private mutating func badPath(_ index: Int) -> Sample {
        request("path \(Self.paths[index])", "GET \(Self.paths[index]) HTTP/1.1", [], [])
    }

    /// Heads that are no HTTP/1.1.
    private static let heads = [
        "GET", "GET /v1/tasks", "GET  /v1/tasks HTTP/1.1", "GET /v1/tasks HTTP/9.9", "GET /v1/tasks HTTP/1.1.1", "get /v1/tasks http/1.1",
        "G\u{0}T / HTTP/1.1", "/v1/tasks GET HTTP/1.1", "GET /v1/ta sks HTTP/1.1", ": : :", "\u{16}\u{3}\u{1}\u{2}\u{0}", "PRI * HTTP/2.0",
        "GET /v1/tasks HTTP/1.1\r\nHost : x", "GET /v1/tasks HTTP/1.1\r\nNo colon", "GET /v1/tasks HTTP/1.1\r\n Host: folded",
        "POST /v1/tasks HTTP/1.1\r\nContent-Length: -1", "POST /v1/tasks HTTP/1.1\r\nContent-Length: 99999999999999999999",
        "POST /v1/tasks HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2",
        "POST /v1/tasks HTTP/1.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked",
        "POST /v1/tasks HTTP/1.1\r\nTransfer-Encoding: gzip, identity", "GET /v1/tasks HTTP/1.1\r\nX: a\u{0}b",
        "GET /v1/tasks HTTP/1.1\r\nHost: a\r\nHost: b",
        // No method that the parser knows.
        "BREW /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1",
    ]

    private mutating func brokenHead(_ index: Int) -> Sample {
        Sample(label: "head \(index)", bytes: Array((Self.heads[index] + "\r\n\r\n").utf8), isBrokenHTTP: true)
    }

    private static let multiparts = [
        "", "--X", "--X--\r\n", "--X\r\n\r\n\r\n--X--\r\n", "--X\r\nContent-Disposition: form-data\r\n\r\na\r\n--X--\r\n",
        "--X\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n\r\n--X--\r\n",
        "--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.conf\"\r\n\r\n[a]\r\n--X--\r\n",
        "--X\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\nsingle_conf\r\n--X--\r\n",
        "--X\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\nno_such_type\r\n--X\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n[a]\r\n--X--\r\n",
        "--X\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\n1\r\n--X--\r\n", "no delimiter at all",
        "--X\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\nsingle_conf",
        "--Y\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\na\r\n--Y--\r\n",
        "--X\r\nBad Header\r\n\r\na\r\n--X--\r\n", "--X\r\nContent-Disposition: form-data; name=\"type\u{0}\"\r\n\r\na\r\n--X--\r\n",
    ]

    private mutating func badMultipart(_ index: Int) -> Sample {
        let types = [
            "multipart/form-data; boundary=X", "multipart/form-data; boundary=X", "multipart/form-data; boundary=X", "multipart/form-data",
            "multipart/form-data; boundary=", "multipart/form-data; boundary=\"", "multipart/mixed; boundary=X", "application/json",
            "text/plain",
            "multipart/form-data; boundary=" + String(repeating: "x", count: 300),
        ]
        let type = types.randomElement(using: &random) ?? types[0]
        return post("multipart \(index) as \(type.prefix(60))", "/v1/uploads", type, Array(Self.multiparts[index].utf8))
    }

    private mutating func wrongMethod() -> Sample {
        let method = ["DELETE", "PUT", "PATCH", "TRACE", "PROPFIND"].randomElement(using: &random) ?? "PUT"
        return request("method \(method)", "\(method) /v1/tasks HTTP/1.1", [], [])
    }

    private mutating func wrongType() -> Sample {
        let type =
            ["text/plain", "application/xml", "application/json; charset=utf-16", "json", "", "/", "application/x-www-form-urlencoded"]
            .randomElement(using: &random) ?? ""
        return post("type \(type)", "/v1/tasks", type, Array(#"{"type":"demo.nothing"}"#.utf8))
    }

    private mutating func badChunks() -> Sample {
        let chunks = [
            "zz\r\n{}\r\n0\r\n\r\n", "-1\r\n{}\r\n0\r\n\r\n", "ffffffffffffffffff\r\n", "2\r\n{}xx\r\n0\r\n\r\n",
            "2;\u{0}\r\n{}\r\n0\r\n\r\n",
        ]
        let head =
            "POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        return Sample(label: "chunks", bytes: Array((head + (chunks.randomElement(using: &random) ?? "")).utf8), isBrokenHTTP: true)
    }

    private mutating func garbage() -> Sample {
        let bytes = (0..<Int.random(in: 1...2000, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        return Sample(label: "garbage", bytes: bytes + Array("\r\n\r\n".utf8), isBrokenHTTP: true)
    }

    /// Headers of a megabyte, in one field or in many.
    private mutating func longHead() -> Sample {
        let fields = Bool.random(using: &random) ? 1 : 1000
        let lines = (0..<fields).map { "X-\($0): " + String(repeating: "x", count: 1_048_576 / fields) }.joined(separator: "\r\n")
        return Sample(
            label: "\(fields) long fields", bytes: Array("GET /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n\(lines)\r\n\r\n".utf8),
            isBrokenHTTP: true)
    }

    // MARK: - Assembling

    private func post(_ label: String, _ path: String, _ type: String, _ body: [UInt8]) -> Sample {
        request(label, "POST \(path) HTTP/1.1", ["Content-Type: \(type)", "Content-Length: \(body.count)"], body)
    }

    private func request(_ label: String, _ line: String, _ headers: [String], _ body: [UInt8]) -> Sample {
        let head = ([line, "Host: 127.0.0.1:\(port)", "Connection: close"] + headers).joined(separator: "\r\n") + "\r\n\r\n"
        return Sample(label: label, bytes: Array(head.utf8) + body)
    }
}
