import Dispatch

/// Holds threads (a driver's, say) until it is opened; open from then on.
///
/// For synchronous closures, which may run more than once. Never pass it on the cooperative pool: it blocks.
package final class TestGate: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    package init() {}

    /// Lets everybody through, now and later.
    package func open() {
        semaphore.signal()
    }

    /// Blocks the calling thread until the gate is open.
    /// - Throws: ``TimedOut`` after 20 s.
    package func pass() throws {
        guard semaphore.wait(timeout: .now() + 20) == .success else { throw TimedOut(received: 0) }
        semaphore.signal()
    }
}
