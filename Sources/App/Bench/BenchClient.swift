import Foundation

/// One keep-alive connection over a blocking socket that reads whole answers. Used from threads of its own, never from the
/// server's.
final class BenchClient {
    /// What a request was answered.
    struct Answer {
        let status: Int
        let body: String
    }

    private let descriptor: Int32
    private var received: [UInt8] = []

    init(port: Int) throws {
        descriptor = try LoopbackSocket.connect(port: port)
    }

    deinit { close(descriptor) }

    /// - Throws: ``LoadError`` for any answer but 200.
    func get(_ path: String) throws -> String {
        try send(Array("GET \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".utf8))
        let answer = try receive()
        guard answer.status == 200 else { throw LoadError("\(path) answered \(answer.status): \(answer.body.prefix(200))") }
        return answer.body
    }

    /// Sends JSON.
    /// - Parameter headers: whole lines, each with its end.
    func post(_ path: String, _ json: String, headers: String = "") throws -> Answer {
        let head =
            "POST \(path) HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: \(json.utf8.count)\r\n\(headers)\r\n"
        try send(Array((head + json).utf8))
        return try receive()
    }

    /// Uploads a file as it is on disk.
    func upload(_ path: String, type: String) throws -> Answer {
        let boundary = "millrace-bench"
        let head =
            "--\(boundary)\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\n\(type)\r\n"
            + "--\(boundary)\r\nContent-Disposition: form-data; name=\"file\"; filename=\"bench.tar\"\r\n\r\n"
        let tail = "\r\n--\(boundary)--\r\n"
        guard let file = FileHandle(forReadingAtPath: path) else { throw LoadError("\(path) cannot be read") }
        let size = try file.seekToEnd()
        try file.seek(toOffset: 0)
        let length = UInt64(head.utf8.count + tail.utf8.count) + size
        try send(
            Array(
                ("POST /v1/uploads HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=\(boundary)\r\n"
                    + "Content-Length: \(length)\r\n\r\n" + head).utf8))
        while let piece = try file.read(upToCount: 1 << 20), !piece.isEmpty { try send(Array(piece)) }
        try send(Array(tail.utf8))
        return try receive()
    }

    private func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw LoadError("the request was cut off: \(String(cString: strerror(errno)))") }
            sent += count
        }
    }

    /// Reads one answer: head up to the blank line, then as many bytes as `Content-Length` says.
    private func receive() throws -> Answer {
        let blank = Array("\r\n\r\n".utf8)
        var end = received.firstRange(of: blank)
        while end == nil {
            try fill()
            end = received.firstRange(of: blank)
        }
        let start = end?.upperBound ?? 0
        let head = String(decoding: received[..<start], as: UTF8.self).lowercased()
        guard let field = head.range(of: "content-length: "), let status = Int(head.dropFirst(9).prefix(3)) else {
            throw LoadError("an answer without status or length")
        }
        let length = Int(head[field.upperBound...].prefix { $0.isNumber }) ?? 0
        while received.count - start < length { try fill() }
        let body = String(decoding: received[start..<start + length], as: UTF8.self)
        received.removeFirst(start + length)
        return Answer(status: status, body: body)
    }

    private func fill() throws {
        var buffer = [UInt8](repeating: 0, count: 256 << 10)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { throw LoadError("the server closed the connection") }
        received.append(contentsOf: buffer[..<count])
    }
}
