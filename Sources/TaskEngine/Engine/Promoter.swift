import Logging
import Storage

/// Queues scheduled tasks when their time comes: a timer set to the next due time, woken early by submits and retries.
struct Promoter: Sendable {
    /// Looks at the database at least this often: another process may have scheduled something.
    static let longestSleep = Duration.seconds(1)

    let database: any Database
    let hub: ChangeHub
    let clock: EngineClock
    /// Raised when something was scheduled.
    let wake: Signal
    let logger: Logger

    /// Until cancelled.
    func run() async {
        while !Task.isCancelled {
            await wake.wait(atMost: await promote())
        }
    }

    /// Returns how long nothing is due.
    private func promote() async -> Duration {
        let now = clock.now()
        do {
            let result = try await database.write { try Promote.promote(now: now, on: $0) }
            hub.announce(result.changes)
            // SQLite is ours alone: without a due time nothing happens before somebody raises the signal.
            guard let due = result.nextDue else { return database.dialect == .sqlite ? .seconds(3600) : Self.longestSleep }
            let wait = Duration.microseconds(max(due - clock.now(), 0))
            // Wall clocks are set forward now and then: look again before long.
            return min(wait, Self.longestSleep)
        } catch {
            logger.error("due tasks could not be promoted", metadata: ["error": "\(error)"])
            return Self.longestSleep
        }
    }
}
