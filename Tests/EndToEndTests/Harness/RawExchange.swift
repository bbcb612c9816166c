import Foundation

/// One connection on which bytes are sent as they are and everything that comes back is read.
enum RawExchange {
    /// Sends `bytes` and reads until the server closes.
    /// - Parameter thenCloses: ends the sending side first, for bytes after which a server may wait for more.
    /// - Throws: ``HarnessError`` when nothing ends within `patience` seconds. A connection that the server cut is an end.
    static func exchange(_ bytes: [UInt8], port: Int, thenCloses: Bool, patience: Int = 20) async throws -> [UInt8] {
        try await withCheckedThrowingContinuation { continuation in
            let thread = Thread {
                continuation.resume(with: Result { try run(bytes, port: port, thenCloses: thenCloses, patience: patience) })
            }
            thread.name = "raw-exchange"
            thread.start()
        }
    }

    /// Sends a text, then the same byte once a second until the server closes.
    /// - Returns: how long the server has put up with it.
    /// - Throws: ``HarnessError`` when it does so for two minutes.
    static func drip(_ text: String, then byte: UInt8, port: Int) async throws -> Duration {
        try await withCheckedThrowingContinuation { continuation in
            Thread { continuation.resume(with: Result { try dripping(Array(text.utf8), byte, port: port) }) }.start()
        }
    }

    private static func dripping(_ bytes: [UInt8], _ byte: UInt8, port: Int) throws -> Duration {
        // A read ends after a second, which is the pace.
        let socket = try LoopbackSocket.connect(port: port, patience: 1)
        defer { close(socket) }
        let start = ContinuousClock.now
        var next = bytes
        while start.duration(to: .now) < .seconds(120) {
            if !next.isEmpty, next.withUnsafeBytes({ LoopbackSocket.send(socket, $0) }) < 0 { return start.duration(to: .now) }
            next = [byte]
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = recv(socket, &buffer, buffer.count, 0)
            if count == 0 || count < 0 && errno == ECONNRESET { return start.duration(to: .now) }
        }
        throw HarnessError("the connection is still open after two minutes")
    }

    private static func run(_ bytes: [UInt8], port: Int, thenCloses: Bool, patience: Int) throws -> [UInt8] {
        let socket = try LoopbackSocket.connect(port: port, patience: patience)
        defer { close(socket) }
        var offset = 0
        while offset < bytes.count {
            let count = bytes[offset...].withUnsafeBytes { LoopbackSocket.send(socket, $0) }
            if count < 0, errno == EINTR { continue }
            // A server that has seen enough answers and closes: what it said is still to be read.
            guard count > 0 else { break }
            offset += count
        }
        if thenCloses { shutdown(socket, Int32(SHUT_WR)) }
        return try readAll(socket)
    }

    private static func readAll(_ socket: Int32) throws -> [UInt8] {
        var received: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            if count > 0 {
                received += buffer[..<count]
            } else if count == 0 || errno == ECONNRESET {
                return received
            } else if errno != EINTR {
                throw HarnessError("the connection was left open: \(String(cString: strerror(errno)))")
            }
        }
    }
}
