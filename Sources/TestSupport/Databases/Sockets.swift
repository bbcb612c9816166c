import Foundation
import Storage

/// Blocking sockets for test threads.
package enum Sockets {
    /// A socket on a free port of 127.0.0.1 that does not listen yet: connections to it are refused, and nobody else gets the port.
    package static func bound() throws -> (descriptor: Int32, port: UInt16) {
        let descriptor = kept(socket(AF_INET, streamType, 0))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0
            }
        }
        guard isBound else { throw StorageError(.other, "no port to listen on") }
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }

    /// The next connection, nil when the listening socket was shut down.
    package static func accept(_ listening: Int32) -> Int32? {
        while true {
            let descriptor = kept(Foundation.accept(listening, nil, nil))
            if descriptor >= 0 { return descriptor }
            // A client that left before it was accepted, and a signal, are no end.
            guard errno == EINTR || errno == ECONNABORTED else { return nil }
        }
    }

    /// Child processes do not inherit it.
    private static func kept(_ descriptor: Int32) -> Int32 {
        if descriptor >= 0 { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        return descriptor
    }

    /// A connection to a unix socket, nil when nobody listens there.
    package static func connect(unix path: String) -> Int32? {
        let descriptor = kept(socket(AF_UNIX, streamType, 0))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        guard isConnected else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    /// Some bytes, nil at the end.
    package static func receive(_ descriptor: Int32) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 65536)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        return count > 0 ? Array(bytes[..<count]) : nil
    }

    /// Sends all of it; what cannot be sent is lost without a word.
    package static func send(_ bytes: some Collection<UInt8>, to descriptor: Int32) {
        var rest = Array(bytes)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.send(descriptor, $0.baseAddress, $0.count, noSignal) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// Waits at most `time`; true when nothing came and the other side has not hung up.
    package static func isQuiet(_ descriptor: Int32, for time: Duration) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, Int32(time / .milliseconds(1))) == 0
    }

    /// Ends both directions; the descriptor stays.
    package static func shut(_ descriptor: Int32) { _ = shutdown(descriptor, bothWays) }

    #if canImport(Glibc)
    private static let streamType = Int32(SOCK_STREAM.rawValue)
    private static let bothWays = Int32(SHUT_RDWR)
    private static let noSignal = Int32(MSG_NOSIGNAL)
    #else
    private static let streamType = SOCK_STREAM
    private static let bothWays = SHUT_RDWR
    private static let noSignal: Int32 = 0
    #endif
}
