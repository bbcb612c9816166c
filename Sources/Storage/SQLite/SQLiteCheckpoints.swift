import Foundation
import GRDB
import GRDBSQLite
import Logging
import ServiceLifecycle
import Synchronization

/// Moves committed pages from the WAL into the database file, beside the writer, as ``CheckpointPlan`` says.
///
/// It is told of each commit by the writer's connection, so an idle database costs nothing.
final class SQLiteCheckpoints: Sendable {
    private let path: String
    private let logger: Logger
    private let plan = Mutex(CheckpointPlan())
    /// Checkpoints block on the disk: a queue of their own keeps them off the cooperative pool.
    private let queue = DispatchQueue(label: "millrace-checkpoints")
    private let work = Mutex<Work?>(nil)

    private struct Work {
        let connection: DatabaseQueue
        let writer: SQLiteWriter
    }

    init(path: String, logger: Logger) {
        self.path = path
        self.logger = logger
    }

    /// The writer has committed, and `logPages` are in the WAL. Called on its thread; returns at once.
    func committed(logPages: Int) {
        guard plan.withLock({ $0.committed(pages: logPages) }) else { return }
        queue.async { self.move() }
    }

    /// Until graceful shutdown or cancellation.
    func run(writer: SQLiteWriter) async {
        do {
            var configuration = Configuration()
            configuration.busyMode = .timeout(1)
            let connection = try DatabaseQueue(path: path, configuration: configuration)
            work.withLock { $0 = Work(connection: connection, writer: writer) }
            plan.withLock { $0.isRunning = true }
        } catch {
            logger.error("checkpoints cannot run: the WAL will grow", metadata: ["error": "\(StorageError(error))"])
        }
        await gracefulShutdownOrCancelled()
        plan.withLock { $0.isRunning = false }
        await ended()
    }

    /// Nothing is moved any more when this returns, and the connection is closed.
    private func ended() async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            queue.async {
                self.work.withLock { $0 = nil }
                continuation.resume()
            }
        }
    }

    private func gracefulShutdownOrCancelled() async {
        do { try await gracefulShutdown() } catch { return }
    }

    /// On the queue, until the plan says otherwise.
    private func move() {
        let work = work.withLock { $0 }
        defer { work?.writer.holdBulk(false) }
        while true {
            let pages = work.flatMap { passive($0.connection) }
            switch plan.withLock({ $0.moved(pages: pages) }) {
            case .again: work?.writer.holdBulk(true)
            case .ask(let step): return work?.writer.request(step) ?? ()
            case .wait: return
            }
        }
    }

    /// - Returns: the length of the WAL when it began; nil when it failed.
    private func passive(_ connection: DatabaseQueue) -> Int? {
        do {
            return try connection.writeWithoutTransaction { try $0.checkpoint(.passive) }.walFrameCount
        } catch {
            logger.warning("a checkpoint failed; tried again", metadata: ["error": "\(StorageError(error))"])
            return nil
        }
    }
}
