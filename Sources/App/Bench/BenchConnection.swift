import Foundation

/// One keep-alive connection over a blocking socket, for a thread of the benchmark's own.
final class BenchConnection {
    private let descriptor: Int32
    private let port: Int

    init(port: Int) throws {
        self.port = port
        descriptor = try LoopbackSocket.connect(port: port)
    }

    deinit {
        close(descriptor)
    }

    /// Sends a request without a body, or with a JSON one.
    /// - Returns: the body of an answer in the 200s; any other is an error.
    func request(_ method: String, _ path: String, json: String? = nil) throws -> [UInt8] {
        let body = json ?? ""
        let type = json == nil ? "" : "Content-Type: application/json\r\n"
        try send(
            Array("\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n\(type)Content-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8))
        return try receive()
    }

    /// Uploads the file at `path` as `curl -F file=@… -F type=instance_etc` does, in pieces.
    func upload(_ path: String, size: Int) throws -> [UInt8] {
        guard let file = FileHandle(forReadingAtPath: path) else { throw LoadError("\(path) cannot be read") }
        defer { file.closeFile() }
        let boundary = "------------------------1b6a0c9d2e3f4a55"
        let head =
            "--\(boundary)\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\ninstance_etc\r\n--\(boundary)\r\n"
            + "Content-Disposition: form-data; name=\"file\"; filename=\"etc.tar.gz\"\r\nContent-Type: application/gzip\r\n\r\n"
        let tail = "\r\n--\(boundary)--\r\n"
        let length = head.utf8.count + size + tail.utf8.count
        try send(
            Array(
                ("POST /v1/uploads HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Type: multipart/form-data; boundary=\(boundary)\r\n"
                    + "Content-Length: \(length)\r\n\r\n\(head)").utf8))
        while case let piece = file.readData(ofLength: 256 << 10), !piece.isEmpty { try send(Array(piece)) }
        try send(Array(tail.utf8))
        return try receive()
    }

    private func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress! + sent, bytes.count - sent, 0) }
            guard count > 0 else { throw LoadError("the request was cut off: \(String(cString: strerror(errno)))") }
            sent += count
        }
    }

    /// Reads one answer: head up to the blank line, then as many bytes as `Content-Length` says.
    private func receive() throws -> [UInt8] {
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        var expected: Int?
        var bodyStart = 0
        while expected == nil || answer.count < bodyStart + (expected ?? 0) {
            let received = recv(descriptor, &buffer, buffer.count, 0)
            guard received > 0 else { throw LoadError("the server closed the connection") }
            answer.append(contentsOf: buffer[..<received])
            guard expected == nil, let end = Self.endOfHead(answer) else { continue }
            let head = String(decoding: answer[..<end], as: UTF8.self).lowercased()
            guard head.hasPrefix("http/1.1 2") else { throw LoadError("answered \(String(decoding: answer, as: UTF8.self).prefix(400))") }
            guard let field = head.range(of: "content-length: ") else { throw LoadError("an answer without a length") }
            expected = Int(head[field.upperBound...].prefix { $0.isNumber }) ?? 0
            bodyStart = end + 4
        }
        return Array(answer[bodyStart...])
    }

    private static func endOfHead(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        return (0...(bytes.count - 4)).first { bytes[$0] == 13 && bytes[$0 + 1] == 10 && bytes[$0 + 2] == 13 && bytes[$0 + 3] == 10 }
    }
}
