import Foundation
package import NetworkAddresses
import Synchronization

/// The system's resolver (`getaddrinfo`: hosts file, search domains, DNS) on threads of its own: it blocks for many seconds
/// when a name server is away, and cannot be stopped.
package struct SystemResolver: HostResolver {
    private let threads = LookupThreads(limit: 8)

    /// A resolver with threads of its own, which are started when they are needed.
    package init() {}

    /// Returns as soon as the caller is cancelled; the lookup then ends by itself and its answer is dropped.
    package func addresses(of name: String) async throws -> [IPAddress] {
        let answer = PendingAnswer()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                guard answer.wait(continuation) else { return }
                let isTaken = threads.run {
                    // A caller that gave up while all threads were busy costs no lookup.
                    if answer.isAwaited { answer.settle(Result { try Self.lookUp(name) }) }
                }
                if !isTaken { answer.settle(.failure(LookupFailure(reason: "too many names are being looked up"))) }
            }
        } onCancel: {
            answer.settle(.failure(CancellationError()))
        }
    }

    /// Blocks.
    private static func lookUp(_ name: String) throws -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = streamSocket
        var list: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(name, nil, &hints, &list)
        guard status == 0 else { throw LookupFailure(reason: String(cString: gai_strerror(status))) }
        defer { freeaddrinfo(list) }
        var addresses: [IPAddress] = []
        var next = list
        while let entry = next {
            if let address = address(entry.pointee), !addresses.contains(address) { addresses.append(address) }
            next = entry.pointee.ai_next
        }
        return addresses
    }

    private static func address(_ entry: addrinfo) -> IPAddress? {
        guard let raw = UnsafeRawPointer(entry.ai_addr) else { return nil }
        switch entry.ai_family {
        case AF_INET: return withUnsafeBytes(of: raw.loadUnaligned(as: sockaddr_in.self).sin_addr) { IPAddress(bytes: Array($0)) }
        case AF_INET6: return withUnsafeBytes(of: raw.loadUnaligned(as: sockaddr_in6.self).sin6_addr) { IPAddress(bytes: Array($0)) }
        default: return nil
        }
    }

    private static var streamSocket: Int32 {
        #if canImport(Darwin)
        SOCK_STREAM
        #else
        Int32(SOCK_STREAM.rawValue)
        #endif
    }
}

/// One caller's wait for one answer: the first to settle it wins, whether that is the lookup or the caller's cancellation.
private final class PendingAnswer: Sendable {
    private enum State {
        case new
        case waiting(CheckedContinuation<[IPAddress], any Error>)
        case settled
    }

    private let state = Mutex(State.new)

    /// False when it was settled before: the continuation is resumed with a cancellation, the only thing that can be so early.
    func wait(_ continuation: CheckedContinuation<[IPAddress], any Error>) -> Bool {
        let isNew = state.withLock { state in
            guard case .new = state else { return false }
            state = .waiting(continuation)
            return true
        }
        if !isNew { continuation.resume(throwing: CancellationError()) }
        return isNew
    }

    var isAwaited: Bool {
        state.withLock { if case .waiting = $0 { true } else { false } }
    }

    func settle(_ result: Result<[IPAddress], any Error>) {
        let continuation = state.withLock { state -> CheckedContinuation<[IPAddress], any Error>? in
            defer { state = .settled }
            guard case .waiting(let continuation) = state else { return nil }
            return continuation
        }
        continuation?.resume(with: result)
    }
}
