import Logging
import Storage

/// Ends runs at their time limits, and goes on with runs that are ended in pieces; woken early when a run is started or ended here.
struct RunDeadlines: Sendable {
    /// Looks at the database at least this often: another process may have started something.
    static let longestSleep = Duration.seconds(5)
    /// A run that cannot be ended is tried again after so long.
    static let refusedSleep = Duration.seconds(600)

    let database: any Database
    let workflows: Workflows
    let hub: ChangeHub
    let clock: EngineClock
    /// Raised when a run was started, ended or retried.
    let wake: Signal
    let logger: Logger

    /// Runs that could not be ended, which are passed over for a while: the others go on.
    private struct Refused {
        var runs: Set<Int64> = []
        var since: ContinuousClock.Instant?
    }

    /// Until cancelled.
    func run() async {
        var refused = Refused()
        await timer.run {
            if let since = refused.since, since.duration(to: clock.monotonic()) >= Self.refusedSleep { refused = Refused() }
            return await endNext(&refused)
        }
    }

    private var timer: DueTimer { DueTimer(wake: wake, longestSleep: Self.longestSleep, clock: clock) }

    /// Returns how long there is nothing to end.
    private func endNext(_ refused: inout Refused) async -> Duration {
        let (now, workflows, except) = (clock.now(), workflows, refused.runs)
        do {
            let (stopping, next) = try await database.read { connection in
                (try StopRuns.next(except: except, on: connection), try ExpireRuns.next(except: except, on: connection))
            }
            if !stopping.isEmpty {
                try await each(stopping, &refused) { try StopRuns.stop($0, workflows, now: now, on: $1) }
                return .zero
            }
            guard let next else { return Self.longestSleep }
            if next > now { return timer.pause(until: next) }
            let late = try await database.read { try ExpireRuns.late(now: now, except: except, on: $0) }
            try await each(late, &refused) { try ExpireRuns.expire($0, now: now, workflows, on: $1) }
            return .zero
        } catch {
            if !(error is CancellationError) {
                logger.error("runs past their time limit could not be ended", metadata: ["error": "\(error)"])
            }
            return Self.longestSleep
        }
    }

    /// Ends `runs` together or, when that is refused, each alone: one that cannot be read must not keep the others.
    private func each(
        _ runs: [Int64], _ refused: inout Refused, _ end: @escaping @Sendable ([Int64], any Connection) throws -> ExpireRuns.Result
    ) async throws {
        do {
            return announce(try await database.write { try end(runs, $0) })
        } catch let error as StorageError where error.isTransient {
            throw error
        } catch  where runs.count > 1 {
            for run in runs { try await each([run], &refused, end) }
        } catch {
            for run in runs { logger.error("a run could not be ended", metadata: ["run": "\(run)", "error": "\(error)"]) }
            refused.runs.formUnion(runs)
            refused.since = refused.since ?? clock.monotonic()
        }
    }

    private func announce(_ result: ExpireRuns.Result) {
        hub.announce(result.changes)
        for task in result.cancels { hub.announceCancel(of: task) }
    }
}
