import Foundation

/// What went wrong on the client's side of a benchmark.
struct LoadError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// One keep-alive connection over a blocking socket: enough HTTP to send the same request again and again.
struct LoadClient {
    private let descriptor: Int32
    private static let body = #"{"type":"demo.noop"}"#
    private static let request = Array(
        ("POST /v1/tasks HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body)
            .utf8)

    init(port: Int) throws {
        descriptor = try LoopbackSocket.connect(port: port)
    }

    /// Sends `count` requests one after another and returns each one's microseconds. Any answer but 202 is an error.
    func run(_ count: Int) throws -> [Int64] {
        defer { close(descriptor) }
        var samples: [Int64] = []
        samples.reserveCapacity(count)
        for _ in 0..<count {
            let started = ContinuousClock.now
            try send()
            try receive()
            samples.append(Int64(started.duration(to: .now) / .microseconds(1)))
        }
        return samples
    }

    private func send() throws {
        guard Foundation.send(descriptor, Self.request, Self.request.count, 0) == Self.request.count else {
            throw LoadError("the request was cut off")
        }
    }

    /// Reads one answer: head up to the blank line, then as many bytes as `Content-Length` says.
    private func receive() throws {
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let received = recv(descriptor, &buffer, buffer.count, 0)
            guard received > 0 else { throw LoadError("the server closed the connection") }
            answer.append(contentsOf: buffer[..<received])
            let text = String(decoding: answer, as: UTF8.self)
            guard let end = text.range(of: "\r\n\r\n") else { continue }
            let head = text[..<end.lowerBound].lowercased()
            guard head.hasPrefix("http/1.1 202") else { throw LoadError("answered \(head.prefix(60))") }
            guard let field = head.range(of: "content-length: ") else { throw LoadError("an answer without a length") }
            let length = Int(head[field.upperBound...].prefix { $0.isNumber }) ?? 0
            if text.utf8.distance(from: end.upperBound, to: text.endIndex) >= length { return }
        }
    }
}
