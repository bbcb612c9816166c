import Foundation

/// One keep-alive connection over a blocking socket: enough HTTP to measure with, and as little work as possible in the
/// client. Used from threads of the benchmark's own, never from the server's.
final class BenchClient {
    private let descriptor: Int32
    /// What was read beyond the last answer.
    private var received: [UInt8] = []
    private var buffer = [UInt8](repeating: 0, count: 64 << 10)

    init(port: Int) throws {
        descriptor = try LoopbackSocket.connect(port: port)
    }

    deinit { close(descriptor) }

    /// The bytes of a request without a body, or with a JSON one: made once when it is sent again and again.
    /// - Parameter headers: further ones, whole lines, each with its end.
    static func request(_ method: String, _ path: String, json: String? = nil, headers: String = "") -> [UInt8] {
        let body = json ?? ""
        let type = json == nil ? "" : "Content-Type: application/json\r\n"
        return Array(
            "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n\(type)Content-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)".utf8)
    }

    /// Sends a request and waits for the whole answer.
    /// - Returns: the body of an answer in the 200s.
    /// - Throws: ``LoadError`` for any other.
    func send(_ request: [UInt8]) throws -> ArraySlice<UInt8> {
        try write(request)
        return try receive()
    }

    /// Asks for `path`; see ``send(_:)``.
    func get(_ path: String) throws -> ArraySlice<UInt8> {
        try send(Self.request("GET", path))
    }

    /// Uploads the file at `path` as `curl -F type=… -F file=@…` does, in pieces.
    func upload(_ path: String, type: String) throws -> ArraySlice<UInt8> {
        guard let file = FileHandle(forReadingAtPath: path) else { throw LoadError("\(path) cannot be read") }
        defer { file.closeFile() }
        let size = try file.seekToEnd()
        try file.seek(toOffset: 0)
        let boundary = "------------------------1b6a0c9d2e3f4a55"
        let name = URL(fileURLWithPath: path).lastPathComponent
        let head =
            "--\(boundary)\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\n\(type)\r\n--\(boundary)\r\n"
            + "Content-Disposition: form-data; name=\"file\"; filename=\"\(name)\"\r\n\r\n"
        let tail = "\r\n--\(boundary)--\r\n"
        let length = UInt64(head.utf8.count + tail.utf8.count) + size
        try write(
            Array(
                ("POST /v1/uploads HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=\(boundary)\r\n"
                    + "Content-Length: \(length)\r\n\r\n\(head)").utf8))
        while let piece = try file.read(upToCount: 256 << 10), !piece.isEmpty { try write(Array(piece)) }
        try write(Array(tail.utf8))
        return try receive()
    }

    // MARK: - Socket

    private func write(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw LoadError("the request was cut off: \(String(cString: strerror(errno)))") }
            sent += count
        }
    }

    /// Reads one answer: head up to the blank line, then as many bytes as `Content-Length` says.
    private func receive() throws -> ArraySlice<UInt8> {
        var seen = 0
        var bodyStart = Self.endOfHead(received, from: &seen)
        while bodyStart == nil {
            try fill()
            bodyStart = Self.endOfHead(received, from: &seen)
        }
        let start = bodyStart ?? 0
        let head = String(decoding: received[..<start], as: UTF8.self).lowercased()
        guard let field = head.range(of: "content-length: ") else { throw LoadError("an answer without a length: \(head.prefix(200))") }
        let length = Int(head[field.upperBound...].prefix { $0.isNumber }) ?? 0
        while received.count - start < length { try fill() }
        let body = received[start..<start + length]
        received = Array(received[(start + length)...])
        guard head.hasPrefix("http/1.1 2") else {
            throw LoadError("answered \(head.prefix(12).dropFirst(9)): \(String(decoding: body.prefix(400), as: UTF8.self))")
        }
        return body
    }

    /// Where the body begins; nil when the blank line has not come yet.
    /// - Parameter seen: bytes that were searched before.
    private static func endOfHead(_ bytes: [UInt8], from seen: inout Int) -> Int? {
        var index = max(seen, 3)
        while index < bytes.count {
            if bytes[index] == 10, bytes[index - 1] == 13, bytes[index - 2] == 10, bytes[index - 3] == 13 { return index + 1 }
            index += 1
        }
        seen = bytes.count
        return nil
    }

    private func fill() throws {
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { throw LoadError("the server closed the connection") }
        received.append(contentsOf: buffer[..<count])
    }
}
