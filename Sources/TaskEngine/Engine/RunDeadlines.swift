import Logging
import Storage

/// Ends runs at their time limits: a timer set to the next one, woken early when a run is started here.
struct RunDeadlines: Sendable {
    /// Looks at the database at least this often: another process may have started something.
    static let longestSleep = Duration.seconds(5)

    let database: any Database
    let workflows: Workflows
    let hub: ChangeHub
    let clock: EngineClock
    /// Raised when a run was started or retried.
    let wake: Signal
    let logger: Logger

    /// Until cancelled.
    func run() async {
        while !Task.isCancelled {
            await wake.wait(atMost: await endLate())
        }
    }

    /// Returns how long no run is late.
    private func endLate() async -> Duration {
        let (now, workflows) = (clock.now(), workflows)
        do {
            guard let next = try await database.read({ try ExpireRuns.next(on: $0) }) else { return Self.longestSleep }
            if next > now { return min(.microseconds(min(next - now, 1 << 40)), Self.longestSleep) }
            let result = try await database.write { try ExpireRuns.expire(now: now, workflows, on: $0) }
            hub.announce(result.changes)
            for task in result.cancels { hub.announceCancel(of: task) }
            return .zero
        } catch {
            if !(error is CancellationError) {
                logger.error("runs past their time limit could not be ended", metadata: ["error": "\(error)"])
            }
            return Self.longestSleep
        }
    }
}
