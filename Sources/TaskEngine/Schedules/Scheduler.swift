package import Logging
import ServiceLifecycle
package import Storage
import Synchronization

/// Fires schedules when they are due; woken early when a schedule is written, or when something ends that a due time waits for.
///
/// Every process with an engine runs one; ``FireSchedules`` sees to it that each due time is dealt with once, however many there
/// are and whenever one of them dies. Looks, a read of two seeks, cost a database without schedules nothing else.
package struct Scheduler: Service {
    /// Looks at the database at least this often: other processes write schedules too, and wall clocks are set.
    static let longestSleep = Duration.seconds(2)

    /// Time until the next look when another process holds what is due.
    static let shortestSleep = Duration.milliseconds(100)

    private let database: any Database
    private let hub: ChangeHub
    private let workflows: Workflows
    private let clock: EngineClock
    private let logger: Logger
    private let wake = Signal()
    private let awaited = AwaitedTasks()

    /// - Parameters:
    ///   - hub: the one that the process's front doors and engine announce to.
    ///   - workflows: the process's.
    package init(database: any Database, hub: ChangeHub, workflows: Workflows, clock: EngineClock = .system, logger: Logger) {
        self.database = database
        self.hub = hub
        self.workflows = workflows
        self.clock = clock
        self.logger = logger
        hub.subscribeToSchedules { [wake] in wake.raise() }
        hub.subscribe { [wake, awaited] changes in
            if awaited.hasEnded(changes) { wake.raise() }
        }
        database.listen(channel: ChangeHub.schedulesChannel) { [wake] _ in wake.raise() }
    }

    /// Until graceful shutdown. What fails is said and tried again.
    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await timer.run { await look() }
        }
    }

    private var timer: DueTimer { DueTimer(wake: wake, longestSleep: Self.longestSleep, clock: clock) }

    /// Fires what is due.
    /// - Returns: how long nothing will be.
    package func look() async -> Duration {
        do {
            var outlook = try await database.read { try DueSchedules.outlook(on: $0) }
            while outlook.canGoOn || (outlook.nextDue ?? .max) <= clock.now() {
                guard try await fire() > 0 else { return Self.shortestSleep }
                outlook = try await database.read { try DueSchedules.outlook(on: $0) }
                if Task.isCancelled { break }
            }
            // One that ended before it was awaited is seen by looking once more.
            return awaited.replace(outlook.awaitedTasks) ? .zero : pause(outlook)
        } catch {
            // Asked to end in the middle of it: then it has fired, or another process will.
            if !Task.isCancelled { logger.error("schedules could not be fired; tried again", metadata: ["error": "\(error)"]) }
            return Self.longestSleep
        }
    }

    /// Returns how many due times were dealt with.
    private func fire() async throws -> Int {
        let (now, workflows) = (clock.now(), workflows)
        let result = try await database.write { try FireSchedules.fire(workflows, now: now, on: $0) }
        hub.announce(result.changes)
        if result.hasRuns { hub.announceRuns() }
        for schedule in result.unreadable { logger.error("\(schedule)") }
        return result.count
    }

    private func pause(_ outlook: DueSchedules.Outlook) -> Duration {
        // SQLite is ours alone: without a schedule nothing happens before somebody raises the signal.
        if database.dialect == .sqlite, outlook.nextDue == nil, !outlook.anyWaits { return .seconds(3600) }
        return outlook.nextDue.map { timer.pause(until: $0) } ?? Self.longestSleep
    }
}

/// The tasks that due times wait for. Every commit of the process is compared with them, so that is quick when there are none.
private final class AwaitedTasks: Sendable {
    private let tasks = Mutex<Set<Int64>>([])

    /// Returns whether there are some that were not there before.
    func replace(_ new: [Int64]) -> Bool {
        tasks.withLock { tasks in
            defer { tasks = Set(new) }
            return !tasks.isSuperset(of: new)
        }
    }

    func hasEnded(_ changes: [TaskChange]) -> Bool {
        tasks.withLock { tasks in
            !tasks.isEmpty && changes.contains { $0.state.isTerminal && tasks.contains($0.id) }
        }
    }
}
