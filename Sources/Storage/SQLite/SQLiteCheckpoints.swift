import Foundation
import GRDB
import GRDBSQLite
import Logging
import ServiceLifecycle

/// Moves committed pages from the WAL into the database file, beside the writer.
///
/// A PASSIVE checkpoint from this connection never makes the writer wait. Under constant writing it never reaches the end
/// of the WAL either, so past ``restartBytes`` the writer is asked for one RESTART [13 to 20 ms], rarely.
struct SQLiteCheckpoints: Sendable {
    /// The WAL is left alone below this.
    static let passiveBytes = 4 << 20
    /// The writer starts the WAL from its beginning above this.
    static let restartBytes = 256 << 20
    static let interval = Duration.milliseconds(250)

    private let walPath: String
    private let path: String
    private let logger: Logger
    /// Checkpoints block on the disk: a queue of their own keeps them off the cooperative pool.
    private let queue = DispatchQueue(label: "millrace-checkpoints")

    init(path: String, logger: Logger) {
        self.path = path
        self.walPath = path + "-wal"
        self.logger = logger
    }

    /// Until graceful shutdown or cancellation.
    func run(writer: SQLiteWriter) async {
        let connection: DatabaseQueue
        do {
            var configuration = Configuration()
            configuration.busyMode = .timeout(1)
            connection = try DatabaseQueue(path: path, configuration: configuration)
        } catch {
            logger.error("checkpoints cannot run: the WAL will grow", metadata: ["error": "\(StorageError(error))"])
            return await waitForShutdown()
        }
        // A checkpoint that fails is tried again at the next turn, and said once a turn.
        while await pause() {
            guard walBytes() > Self.passiveBytes else { continue }
            await passive(connection)
            if walBytes() > Self.restartBytes { writer.requestLogRestart() }
        }
    }

    private func waitForShutdown() async {
        while await pause() {}
    }

    /// False when it is time to end.
    private func pause() async -> Bool {
        do {
            try await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.interval) }
            return true
        } catch {
            return false
        }
    }

    private func walBytes() -> Int {
        var status = stat()
        return stat(walPath, &status) == 0 ? Int(status.st_size) : 0
    }

    private func passive(_ connection: DatabaseQueue) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            queue.async {
                do {
                    _ = try connection.writeWithoutTransaction { try $0.checkpoint(.passive) }
                } catch {
                    logger.warning("a checkpoint failed", metadata: ["error": "\(StorageError(error))"])
                }
                continuation.resume()
            }
        }
    }
}
