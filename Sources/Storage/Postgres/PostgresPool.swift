import Foundation
import Logging
import Synchronization

/// The worker threads, each with a connection of its own, and the queue they serve.
final class PostgresPool: Sendable {
    /// Work for any one worker.
    struct Job: Sendable {
        let lane: PostgresQueue<Job>.Lane
        let since = ContinuousClock.now
        /// Called once on a worker's thread.
        let run: @Sendable (PostgresWorker, Job) -> Void
        /// Called instead when the database closes first.
        let refuse: @Sendable (StorageError) -> Void
    }

    let settings: PostgresSettings
    let reruns: Int
    /// How long a transaction waits for a lost server before its caller is told.
    let patience: Duration
    let logger: Logger

    private let statistics = Mutex(CommitStatistics())
    private let queue: Mutex<PostgresQueue<Job>>
    /// One per worker: signalled when it was taken from the idle ones, and at closing.
    private let signals: [DispatchSemaphore]
    private let threads = DispatchGroup()

    init(settings: PostgresSettings, connections: Int, reruns: Int, patience: Duration, logger: Logger) {
        self.settings = settings
        self.reruns = reruns
        self.patience = patience
        self.logger = logger
        queue = Mutex(PostgresQueue(connections: connections))
        signals = (0..<connections).map { _ in DispatchSemaphore(value: 0) }
        for index in 0..<connections { startThread(index) }
    }

    /// Queues a job, or refuses it at once when the pool is closed.
    func submit(_ job: Job) {
        let (isClosed, wake) = queue.withLock { queue in
            queue.isClosed ? (true, nil) : (false, queue.add(job, to: job.lane))
        }
        if isClosed { job.refuse(Self.closed) }
        if let wake { signals[wake].signal() }
    }

    /// Refuses what waits and ends the threads after their current jobs.
    func close() {
        let refused: [Job]? = queue.withLock { $0.isClosed ? nil : $0.close() }
        guard let refused else { return }
        for signal in signals { signal.signal() }
        for job in refused { job.refuse(Self.closed) }
    }

    /// Waits until the threads have ended and the connections are closed, at most `limit`. False after that.
    func waitUntilEnded(limit: Duration) -> Bool {
        threads.wait(timeout: .now() + limit / .seconds(1)) == .success
    }

    var isClosed: Bool { queue.withLock { $0.isClosed } }

    static let closed = StorageError(.unavailable, "the database is closed")

    /// Worker `index` sleeps; true when the pool was closed meanwhile.
    func sleep(_ duration: Duration, worker index: Int) -> Bool {
        // A worker that has a job is not among the idle ones, so only closing signals it.
        signals[index].wait(timeout: .now() + max(0, duration / .seconds(1))) == .success || isClosed
    }

    /// Write transactions committed by all workers.
    var commitStatistics: CommitStatistics { statistics.withLock { $0 } }

    func recordCommit(_ duration: Duration) {
        let microseconds = Int32(clamping: Int64(duration / .microseconds(1)))
        statistics.withLock { $0.record(closures: 1, microseconds: microseconds) }
    }

    private func startThread(_ index: Int) {
        threads.enter()
        let thread = Thread { [threads] in
            self.serve(index)
            threads.leave()
        }
        thread.name = "millrace-pg-\(index)"
        thread.start()
    }

    private func serve(_ index: Int) {
        let worker = PostgresWorker(pool: self, index: index)
        while true {
            let turn = queue.withLock { $0.take(worker: index) }
            if let wake = turn.wake { signals[wake].signal() }
            if let job = turn.job {
                job.run(worker, job)
                queue.withLock { $0.finish(job.lane) }
            } else if isClosed {
                return
            } else {
                signals[index].wait()
            }
        }
    }
}
