import Synchronization

/// Everybody in this process who waits for the end of a task, and how they hear of it.
///
/// What this process commits comes from the hub. What other processes commit is looked for: one waiter at a time is the
/// looker and asks for all tasks that are waited for with one query; when it leaves, another takes its place. So nothing
/// is asked while nobody waits, and no service has to run for it.
///
/// Invariant: while somebody waits there is a looker, but for the moment before the first pauses.
final class TaskWaiting: Sendable {
    /// Waiters at once; each holds a connection of its client.
    static let mostWaiters = 1000

    /// One who waits. It is told at most once that there is news; until then it may be woken to become the looker.
    final class Waiter: Sendable {
        let task: Int64
        let tenant: String
        fileprivate let signal = Signal()
        private let entered = ContinuousClock.now
        private let state = Mutex((hasNews: false, isStopped: false))

        fileprivate init(task: Int64, tenant: String) {
            self.task = task
            self.tenant = tenant
        }

        /// Nobody wants the answer any more, or it is wanted at once.
        var isStopped: Bool { state.withLock { $0.isStopped } }
        /// The task may have ended: look.
        fileprivate var hasNews: Bool { state.withLock { $0.hasNews } }

        /// How long to wait before looking (again): as long as it has waited already, so that the looks are few however long it takes.
        fileprivate func interval(in bounds: ClosedRange<Duration>) -> Duration {
            min(max(entered.duration(to: .now), bounds.lowerBound), bounds.upperBound)
        }

        /// Ends the wait, also one that has not begun.
        func stop() {
            state.withLock { $0.isStopped = true }
            tell()
        }

        fileprivate func tell() {
            state.withLock { $0.hasNews = true }
            signal.raise()
        }

        fileprivate func forgetNews() {
            state.withLock { $0.hasNews = $0.isStopped }
        }
    }

    private struct State {
        var waiters: [Int64: [Waiter]] = [:]
        var count = 0
        var looker: Waiter?
    }

    private let state = Mutex(State())

    /// Counts the caller in: from here on it hears of the task's end. Nil when too many wait already. Needs one ``leave(_:)``.
    func enter(task: Int64, tenant: String) -> Waiter? {
        state.withLock { state in
            guard state.count < Self.mostWaiters else { return nil }
            let waiter = Waiter(task: task, tenant: tenant)
            state.waiters[task, default: []].append(waiter)
            state.count += 1
            return waiter
        }
    }

    /// Ends a wait. A looker that leaves wakes its successor.
    func leave(_ waiter: Waiter) {
        let successor = state.withLock { state -> Waiter? in
            state.count -= 1
            state.waiters[waiter.task]?.removeAll { $0 === waiter }
            if state.waiters[waiter.task]?.isEmpty == true { state.waiters[waiter.task] = nil }
            guard state.looker === waiter else { return nil }
            // The looker from here on: one that is about to leave itself hands on what it was given.
            state.looker = state.waiters.first?.value.first
            return state.looker
        }
        successor?.signal.raise()
    }

    /// Takes what was committed in this process. Called for every commit, so it costs next to nothing while nobody waits.
    func heard(_ changes: [TaskChange]) {
        let concerned = state.withLock { state -> [Waiter] in
            guard state.count > 0 else { return [] }
            return changes.filter(\.state.isTerminal).flatMap { state.waiters[$0.id] ?? [] }
        }
        for waiter in concerned { waiter.tell() }
    }

    /// Waits until there may be news of the waiter's task, it was stopped, or `limit` is over. Returns at once when the Swift task is
    /// cancelled.
    /// - Parameters:
    ///   - intervals: how often tasks that others may have ended are looked for: after the shortest at first, then after twice the time
    ///     each, up to the longest.
    ///   - look: which of these tasks are unfinished; nil when that cannot be known now.
    func pause(
        _ waiter: Waiter, atMost limit: Duration, lookingEvery intervals: ClosedRange<Duration>,
        _ look: ([(task: Int64, tenant: String)]) async -> Set<Int64>?
    ) async {
        let end = ContinuousClock.now + limit
        while !waiter.hasNews, !Task.isCancelled {
            let left = ContinuousClock.now.duration(to: end)
            guard left > .zero else { break }
            guard becomesLooker(waiter) else {
                await waiter.signal.wait(atMost: left)
                continue
            }
            await waiter.signal.wait(atMost: min(left, waiter.interval(in: intervals)))
            if !waiter.hasNews, !Task.isCancelled { await lookForAll(look) }
        }
        waiter.forgetNews()
    }

    private func becomesLooker(_ waiter: Waiter) -> Bool {
        state.withLock { state in
            if state.looker == nil { state.looker = waiter }
            return state.looker === waiter
        }
    }

    private func lookForAll(_ look: ([(task: Int64, tenant: String)]) async -> Set<Int64>?) async {
        let asked = state.withLock { $0.waiters.values.flatMap(\.self) }
        guard let unfinished = await look(asked.map { ($0.task, $0.tenant) }) else { return }
        for waiter in asked where !unfinished.contains(waiter.task) { waiter.tell() }
    }
}
