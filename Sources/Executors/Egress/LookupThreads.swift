import Foundation
import Synchronization

/// A few threads for calls that block: started when work comes and none is free, ended when none is left.
///
/// Invariant: jobs wait only while `limit` threads run.
final class LookupThreads: Sendable {
    /// More waiting jobs than this mean that the name servers are away.
    static let mostWaiting = 1000

    private struct State {
        var running = 0
        var waiting: [@Sendable () -> Void] = []
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) {
        self.limit = limit
    }

    /// Runs the job as soon as a thread is free. False when too many wait already; then it never runs.
    func run(_ job: @escaping @Sendable () -> Void) -> Bool {
        let (isTaken, mustStart) = state.withLock { state -> (Bool, Bool) in
            if state.running < limit {
                state.running += 1
                return (true, true)
            }
            guard state.waiting.count < Self.mostWaiting else { return (false, false) }
            state.waiting.append(job)
            return (true, false)
        }
        if mustStart { start(with: job) }
        return isTaken
    }

    private func start(with job: @escaping @Sendable () -> Void) {
        let thread = Thread { [self] in
            var next: (@Sendable () -> Void)? = job
            while let job = next {
                job()
                next = takeNext()
            }
        }
        thread.name = "lookup"
        thread.start()
    }

    /// Nil ends the thread; it is no longer counted then.
    private func takeNext() -> (@Sendable () -> Void)? {
        state.withLock { state in
            guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
            state.running -= 1
            return nil
        }
    }
}
