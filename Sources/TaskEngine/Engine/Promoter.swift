import Logging
import Storage

/// Queues scheduled tasks when their time comes and cancels those that expire; woken early by submits and retries.
struct Promoter: Sendable {
    /// Looks at the database at least this often.
    static let longestSleep = Duration.seconds(1)

    let database: any Database
    let hub: ChangeHub
    let clock: EngineClock
    /// Raised when something was scheduled, or submitted with an expiry.
    let wake: Signal
    let logger: Logger

    /// Until cancelled.
    func run() async {
        await timer.run { await promote() }
    }

    private var timer: DueTimer { DueTimer(wake: wake, longestSleep: Self.longestSleep, clock: clock) }

    /// Returns how long nothing is due.
    private func promote() async -> Duration {
        let now = clock.now()
        do {
            let (expired, promoted) = try await database.write { connection in
                // What has expired is not queued any more.
                let expired = try Expire.expire(now: now, on: connection)
                return (expired, try Promote.promote(now: now, on: connection))
            }
            hub.announce(expired.changes + promoted.changes)
            return pause(expired, promoted)
        } catch {
            logger.error("due tasks could not be promoted", metadata: ["error": "\(error)"])
            return Self.longestSleep
        }
    }

    private func pause(_ expired: Expire.Result, _ promoted: Promote.Result) -> Duration {
        if expired.hasMore { return .zero }
        let now = clock.now()
        // One that has expired but runs may be put back by anybody at any time: look now and then.
        let nextExpiry = expired.next.map { $0 > now ? $0 : .max }
        // SQLite is ours alone: without a due time nothing happens before somebody raises the signal.
        guard let next = [promoted.nextDue, nextExpiry].compactMap(\.self).min() else {
            return database.dialect == .sqlite ? .seconds(3600) : Self.longestSleep
        }
        return timer.pause(until: next)
    }
}
