import Synchronization

/// A bounded queue between two stages of one reading: who puts waits while it is full, who takes waits while it is empty.
///
/// Made for one task that puts and one or more that take; tasks wait, no thread blocks. First in, first out. Cancellation of
/// a task that waits closes the queue for all who use it: a reading goes on as a whole or not at all.
package final class Handover<Element: Sendable>: Sendable {
    private struct State {
        /// Few: the capacity bounds them.
        var elements: [(element: Element, cost: Int)] = []
        var cost = 0
        var isFinished = false
        var isClosed = false
        var putter: CheckedContinuation<Void, any Error>?
        /// Woken to look again, not handed anything.
        var takers: [CheckedContinuation<Void, any Error>] = []
    }

    private let capacity: Int
    private let state = Mutex(State())

    /// - Parameter capacity: the cost above which it is full.
    package init(capacity: Int) {
        self.capacity = capacity
    }

    /// Appends an element, then waits while the queue is full: so it holds at most one element more than its capacity.
    /// - Throws: `CancellationError` when the reading was stopped.
    package func put(_ element: Element, cost: Int) async throws {
        let (isFull, taker) = try state.withLock { state in
            if state.isClosed { throw CancellationError() }
            state.elements.append((element, cost))
            state.cost += cost
            return (state.cost > capacity, state.takers.popLast())
        }
        taker?.resume()
        if isFull { try await waitForRoom() }
    }

    /// The next element; nil when there is none and none will come.
    /// - Throws: `CancellationError` when the reading was stopped.
    package func take() async throws -> Element? {
        while true {
            let (element, isFinished, putter) = try state.withLock { state in
                if state.isClosed { throw CancellationError() }
                guard !state.elements.isEmpty else {
                    return (Element?.none, state.isFinished, nil as CheckedContinuation<Void, any Error>?)
                }
                let first = state.elements.removeFirst()
                state.cost -= first.cost
                guard state.cost <= capacity else { return (first.element, false, nil) }
                defer { state.putter = nil }
                return (first.element, false, state.putter)
            }
            putter?.resume()
            if element != nil || isFinished { return element }
            try await waitForElement()
        }
    }

    /// Says that nothing more will be put.
    package func finish() {
        let takers = state.withLock { state in
            state.isFinished = true
            defer { state.takers = [] }
            return state.takers
        }
        for taker in takers { taker.resume() }
    }

    /// Ends every wait, now and later, with `CancellationError`, and forgets what was not taken.
    package func close() {
        let waiting = state.withLock { state in
            let waiting = state.takers + [state.putter].compactMap { $0 }
            state = State()
            state.isClosed = true
            return waiting
        }
        for continuation in waiting { continuation.resume(throwing: CancellationError()) }
    }

    // MARK: - Waiting

    private func waitForRoom() async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result: Result<Void, any Error>? = state.withLock { state in
                    if state.isClosed { return .failure(CancellationError()) }
                    if state.cost <= capacity { return .success(()) }
                    state.putter = continuation
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            close()
        }
    }

    private func waitForElement() async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result: Result<Void, any Error>? = state.withLock { state in
                    if state.isClosed { return .failure(CancellationError()) }
                    if !state.elements.isEmpty || state.isFinished { return .success(()) }
                    state.takers.append(continuation)
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            close()
        }
    }
}
