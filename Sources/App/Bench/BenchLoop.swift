import Foundation
import Synchronization

/// Does the same again and again from a thread of its own, a client's, until it is stopped.
final class BenchLoop<Item: Sendable>: Sendable {
    private struct State {
        var items: [Item] = []
        var error: (any Error)?
        var isStopping = false
    }

    private let state = Mutex(State())
    private let finished = DispatchSemaphore(value: 0)

    /// Begins at once.
    /// - Parameter begin: called on the thread; what it returns is one round. The first error ends the loop.
    init(_ begin: @escaping @Sendable () throws -> () throws -> Item) {
        let thread = Thread { [self] in
            do { try run(begin()) } catch { state.withLock { $0.error = error } }
            finished.signal()
        }
        thread.start()
    }

    /// What the rounds so far have led to.
    /// - Throws: what ended the loop.
    func items() throws -> [Item] {
        try state.withLock { state in
            if let error = state.error { throw error }
            return state.items
        }
    }

    /// Returns when the round under way has ended. Once.
    func stop() {
        state.withLock { $0.isStopping = true }
        finished.wait()
    }

    private func run(_ round: () throws -> Item) throws {
        while !state.withLock({ $0.isStopping }) {
            let item = try round()
            state.withLock { $0.items.append(item) }
        }
    }
}
