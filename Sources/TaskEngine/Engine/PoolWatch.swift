import Logging
import Storage

/// Makes this process follow the limits of pools that an operator sets: woken by the process in which they are set, and by
/// notification or a look every ``interval`` in the others.
///
/// The worker's row says which limits the process goes by; it is written after they were adopted.
struct PoolWatch: Sendable {
    /// How often the database is looked at without a notification.
    static let interval = Duration.seconds(2)

    let database: any Database
    let identity: WorkerIdentity
    let limits: PoolLimits
    let threads: HandlerThreads
    let logger: Logger
    /// Raised when limits were set or adopted.
    let wake: Signal
    /// Called when there are limits to adopt.
    let changed: @Sendable () -> Void

    /// Until cancelled.
    func run() async {
        var told = limits.adopted
        var isFailing = false
        while !Task.isCancelled {
            do {
                try await follow()
                try await tell(&told)
                isFailing = false
            } catch is CancellationError {
                // The engine ends while it was looking.
            } catch {
                // Once, however long the database is away: whoever needs it says so as well.
                if !isFailing { logger.warning("limits of pools cannot be followed, trying again", metadata: ["error": "\(error)"]) }
                isFailing = true
            }
            await wake.wait(atMost: Self.interval)
        }
    }

    /// Reads what was set and has it adopted. Called once before the process registers, so that a restart begins with it.
    func follow() async throws {
        let overrides = try await database.read { try ReadPools.overrides(on: $0) }
        guard let wanted = limits.want(overrides) else { return }
        threads.allow(wanted.values.reduce(0, +))
        changed()
    }

    /// A registration meanwhile has written the same.
    private func tell(_ told: inout [String: Int]) async throws {
        let adopted = limits.adopted
        guard adopted != told, let worker = identity.worker else { return }
        let pools = EngineJSON.object(adopted)
        try await database.write { try WorkerLease.setPools(worker, pools, on: $0) }
        told = adopted
        logger.notice("limits of pools changed", metadata: ["pools": "\(pools)"])
    }
}
