import Logging
import ServiceLifecycle
package import Storage
import TaskEngine

/// Removes what nobody sees any more: results that were replaced or never finished, files of deleted and of interrupted uploads.
///
/// Runs beside everything else in every process, in small pieces; no correctness depends on it. At start and every hour it
/// also looks at the files themselves, every minute and when woken only at what is marked in the database.
package struct IngestionSweeper: Service {
    static let interval = Duration.seconds(60)
    static let routinesPerFullSweep = 60

    private let database: any Database
    private let blobs: BlobStore
    private let clock: EngineClock
    private let logger: Logger
    private let wakes: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation

    init(database: any Database, blobs: BlobStore, clock: EngineClock, logger: Logger) {
        self.database = database
        self.blobs = blobs
        self.clock = clock
        self.logger = logger
        (wakes, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Has the sweeper look at once: something was deleted. Never blocks.
    package func wake() {
        waker.yield()
    }

    /// Sweeps until graceful shutdown. What fails is said and tried again.
    package func run() async throws {
        await attempt { try await sweep(.start) }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await tick() }
            var count = 0
            for await _ in wakes.cancelOnGracefulShutdown() {
                count += 1
                let isFull = count % Self.routinesPerFullSweep == 0
                await attempt { if isFull { try await sweep(.routine) } else { try await removeMarked() } }
            }
            group.cancelAll()
        }
    }

    /// One full sweep.
    package func sweep(_ occasion: BlobStore.SweepOccasion) async throws {
        try await blobs.sweep(occasion, now: clock.now())
        try await removeMarked()
    }

    /// Removes what is marked in the database as not needed any more.
    package func removeMarked() async throws {
        try await blobs.removeMarked()
        try await database.write(.bulk) { connection in
            try SettleRuns.settle(on: connection)
            try AbandonGeneration.abandonDead(on: connection)
        }
        while !isStopping, let rows = try await database.read({ try DropGeneration.next(on: $0) }) {
            try await drop(rows)
        }
    }

    private func drop(_ rows: DropGeneration.Rows) async throws {
        guard try await DropGeneration.dropAll(rows, in: database, while: { !isStopping }) else { return }
        try await database.write(.bulk) { try DropGeneration.drop(rows.generation, on: $0) }
    }

    private var isStopping: Bool { Task.isCancelled || Task.isShuttingDownGracefully }

    private func tick() async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: Self.interval) } catch { return }
            wake()
        }
    }

    private func attempt(_ work: () async throws -> Void) async {
        do { try await work() } catch {
            logger.warning("a sweep has failed and is tried again", metadata: ["error": "\(error)"])
        }
    }
}
