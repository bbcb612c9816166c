import Foundation
import Synchronization

/// One keep-alive connection to a server on this machine.
///
/// Blocking, on a thread of its own: what it measures does not depend on how busy the cooperative pool is. Every read and
/// write ends after ``patience``.
final class HTTPConnection: Sendable {
    static let patience = 30

    let port: Int
    private let queue = DispatchQueue(label: "http-connection")
    /// Used on the queue only; -1 when not connected.
    private let descriptor = Mutex<Int32>(-1)

    init(port: Int) {
        self.port = port
    }

    deinit {
        let open = descriptor.withLock { $0 }
        if open >= 0 { Foundation.close(open) }
    }

    /// Sends a request and reads its answer, connecting first when there is no connection.
    /// - Throws: ``HarnessError`` when the connection is refused or lost; what became of the request is unknown then.
    func send(_ request: HTTPRequest) async throws -> HTTPAnswer {
        try await onQueue { try self.exchange(request) }
    }

    /// Sends the same request `count` times, one after another, and returns how long each answer took.
    func time(_ request: HTTPRequest, count: Int) async throws -> [Duration] {
        try await onQueue {
            try (0..<count).map { _ in
                let start = ContinuousClock.now
                let answer = try self.exchange(request)
                guard answer.status == 200 else { throw HarnessError("\(request.path) answered \(answer.status)") }
                return start.duration(to: .now)
            }
        }
    }

    /// Sends the first bytes of a request and nothing more; the connection stays open until this object goes.
    func sendOnly(_ bytes: [UInt8]) async throws {
        try await onQueue { try self.write(bytes, to: try self.connected()) }
    }

    /// Sends an upload's request with `count` bytes more at the start of its file, in constant memory, and reads the answer.
    /// - Parameter request: from ``MillraceAPI/uploadRequest(_:filename:type:)``, with an empty file.
    func send(_ request: HTTPRequest, inserting count: Int) async throws -> HTTPAnswer {
        let body = request.body ?? []
        guard let part = body.firstRange(of: Array("\r\n\r\n".utf8))?.upperBound else { throw HarnessError("no part to insert into") }
        let head = """
            \(request.method) \(request.path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nContent-Type: \(request.contentType ?? "")\r\n\
            Content-Length: \(body.count + count)\r\n\r\n
            """
        return try await onQueue {
            let socket = try self.connected()
            try self.write(Array(head.utf8) + body[..<part], to: socket)
            let piece = [UInt8](repeating: 0x5a, count: 256 * 1024)
            var rest = count
            while rest > 0 {
                try self.write(rest < piece.count ? Array(piece[..<rest]) : piece, to: socket)
                rest -= min(rest, piece.count)
            }
            try self.write(Array(body[part...]), to: socket)
            return try self.readAnswer(socket)
        }
    }

    /// Closes the connection, whatever is on its way.
    func hangUp() async throws {
        try await onQueue { self.disconnect() }
    }

    private func onQueue<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Swift.Result { try body() }) }
        }
    }

    // MARK: - On the queue

    private func exchange(_ request: HTTPRequest) throws -> HTTPAnswer {
        do {
            let socket = try connected()
            try write(request.bytes(port: port), to: socket)
            let answer = try readAnswer(socket)
            if answer.headers["connection"]?.lowercased() == "close" { disconnect() }
            return answer
        } catch {
            disconnect()
            throw error
        }
    }

    private func connected() throws -> Int32 {
        let current = descriptor.withLock { $0 }
        if current >= 0 { return current }
        let fresh = try LoopbackSocket.connect(port: port, patience: Self.patience)
        descriptor.withLock { $0 = fresh }
        return fresh
    }

    private func disconnect() {
        descriptor.withLock { descriptor in
            if descriptor >= 0 { Foundation.close(descriptor) }
            descriptor = -1
        }
    }

    private func write(_ bytes: [UInt8], to socket: Int32) throws {
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes { LoopbackSocket.send(socket, $0) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw HarnessError("the connection was lost while writing: \(String(cString: strerror(errno)))") }
            offset += count
        }
    }

    private func readAnswer(_ socket: Int32) throws -> HTTPAnswer {
        var received: [UInt8] = []
        while true {
            if let answer = try HTTPAnswer(received) { return answer }
            var buffer = [UInt8](repeating: 0, count: 64 * 1024)
            let count = recv(socket, &buffer, buffer.count, 0)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw HarnessError("the connection was lost: \(count == 0 ? "closed" : String(cString: strerror(errno)))")
            }
            received += buffer[..<count]
        }
    }
}
