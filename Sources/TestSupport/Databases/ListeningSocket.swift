import Foundation
import Storage
import Synchronization

/// A listening socket on a free port of 127.0.0.1, whose connections one thread accepts.
///
/// That thread alone closes the descriptor. Closed by another, its number could already be the next test's socket when the
/// thread comes back to accept, and the next test's client would be answered by this test's server.
package final class ListeningSocket: Sendable {
    /// Where it listens.
    package let port: UInt16
    private let descriptor: Int32
    private let isClosed = Mutex(false)

    /// Listens at once.
    package init() throws {
        (descriptor, port) = try Sockets.bound()
        guard listen(descriptor, 64) == 0 else { throw StorageError(.other, "port \(port) cannot be listened on") }
    }

    /// Gives every connection to `body`, on the calling thread, until ``stop()``.
    package func acceptAll(_ body: (Int32) -> Void) {
        while let client = Sockets.accept(descriptor) { body(client) }
        isClosed.withLock { isClosed in
            isClosed = true
            close(descriptor)
        }
    }

    /// Ends ``acceptAll(_:)``, once its body has returned. Connections are refused from now on.
    package func stop() {
        isClosed.withLock { if !$0 { Sockets.shut(descriptor) } }
    }
}
