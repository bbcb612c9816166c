import Foundation
import JSONText

/// A request as the tests send it.
struct HTTPRequest: Sendable {
    var method: String
    var path: String
    var contentType: String?
    var body: [UInt8]?
    /// Further ones.
    var headers: [(name: String, value: String)] = []

    static func get(_ path: String) -> HTTPRequest { HTTPRequest(method: "GET", path: path) }

    /// - Parameter json: the body; nil for none.
    static func post(_ path: String, json: String? = nil) -> HTTPRequest {
        HTTPRequest(method: "POST", path: path, contentType: json.map { _ in "application/json" }, body: Array((json ?? "").utf8))
    }

    static func delete(_ path: String) -> HTTPRequest { HTTPRequest(method: "DELETE", path: path) }

    /// Head and body as they travel.
    func bytes(port: Int) -> [UInt8] {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n"
        if let contentType { head += "Content-Type: \(contentType)\r\n" }
        for header in headers { head += "\(header.name): \(header.value)\r\n" }
        if let body { head += "Content-Length: \(body.count)\r\n" }
        return Array((head + "\r\n").utf8) + (body ?? [])
    }
}

/// An answer, read completely.
struct HTTPAnswer: Sendable {
    let status: Int
    /// Names in small letters; the last one of a name.
    let headers: [String: String]
    let body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as JSON.
    func json() throws -> JSONValue {
        try JSONDocument(parsing: body).root
    }

    /// Nil when the bytes end before the answer does.
    /// - Throws: ``HarnessError`` for what this client does not understand.
    init?(_ bytes: [UInt8]) throws {
        let text = bytes.prefix(16 * 1024)
        guard let end = text.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: text[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        let status = lines[0].split(separator: " ")
        guard status.count >= 2, status[0] == "HTTP/1.1", let code = Int(status[1]) else {
            throw HarnessError("no status line: \(lines[0])")
        }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            headers[parts[0].lowercased()] = parts.count == 2 ? parts[1].trimmingCharacters(in: .whitespaces) : ""
        }
        // 204 has neither a body nor its length.
        guard let length = code == 204 ? 0 : headers["content-length"].flatMap({ Int($0) }) else {
            throw HarnessError("an answer without Content-Length")
        }
        guard bytes.count >= end.upperBound + length else { return nil }
        self.status = code
        self.headers = headers
        body = Array(bytes[end.upperBound..<(end.upperBound + length)])
    }
}
