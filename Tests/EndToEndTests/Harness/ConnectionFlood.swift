import Foundation
import TestSupport

/// Many connections at once, by blocking sockets on a thread of their own.
final class ConnectionFlood: Sendable {
    private let sockets: [Int32]
    /// How many different things are said.
    private let kinds: Int

    private init(sockets: [Int32], kinds: Int) {
        self.sockets = sockets
        self.kinds = kinds
    }

    /// Opens `count` connections, which say the texts in turn. That some are cut at once is no error.
    static func open(_ count: Int, port: Int, saying texts: [String]) async throws -> ConnectionFlood {
        try await onThread {
            var sockets: [Int32] = []
            for number in 0..<count {
                let socket = try LoopbackSocket.connect(port: port, patience: 10)
                sockets.append(socket)
                _ = Array(texts[number % texts.count].utf8).withUnsafeBytes { LoopbackSocket.send(socket, $0) }
            }
            return ConnectionFlood(sockets: sockets, kinds: texts.count)
        }
    }

    /// Of those that said the first text, how many get an answer to this request.
    func count(answering request: String) async throws -> Int {
        let silent = stride(from: 0, to: sockets.count, by: kinds).map { sockets[$0] }
        return try await Self.onThread {
            silent.count { socket in
                _ = Array(request.utf8).withUnsafeBytes { LoopbackSocket.send(socket, $0) }
                var buffer = [UInt8](repeating: 0, count: 12)
                return recv(socket, &buffer, buffer.count, 0) == 12 && String(decoding: buffer, as: UTF8.self) == "HTTP/1.1 200"
            }
        }
    }

    /// Once only.
    func close() {
        for socket in sockets { Foundation.close(socket) }
    }

    private static func onThread<Result: Sendable>(_ body: @escaping @Sendable () throws -> Result) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            Thread { continuation.resume(with: Swift.Result { try body() }) }.start()
        }
    }
}

/// How many files and sockets this process may have open.
enum OpenFiles {
    /// - Returns: the limit now, which may be less than was wanted.
    static func raise(to wanted: Int) -> Int {
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return 0 }
        if limit.rlim_cur < rlim_t(wanted) {
            limit.rlim_cur = min(limit.rlim_max, rlim_t(wanted))
            _ = setrlimit(resource, &limit)
        }
        return getrlimit(resource, &limit) == 0 ? Int(clamping: limit.rlim_cur) : 0
    }

    #if canImport(Darwin)
    private static let resource = RLIMIT_NOFILE
    #else
    private static let resource = Int32(RLIMIT_NOFILE.rawValue)
    #endif
}
