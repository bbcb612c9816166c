import Logging
import ServiceLifecycle
import Storage
import TaskEngine

/// Notices when a newer process migrates the database beyond this binary, and ends this one in order (exit 78).
struct SchemaWatch: Service {
    static let interval = Duration.seconds(30)

    let migrator: Migrator
    let logger: Logger

    func run() async throws {
        while await pause() {
            do {
                try await migrator.requireCompatible()
            } catch let error as StorageError where error.code == .schema {
                throw EngineError(.schemaTooNew, error.message)
            } catch {
                // The database is away: whoever needs it says so, and there is nothing to compare with.
                logger.debug("the schema could not be compared", metadata: ["error": "\(error)"])
            }
        }
    }

    private func pause() async -> Bool {
        do {
            try await cancelWhenGracefulShutdown { try await Task.sleep(for: Self.interval) }
            return true
        } catch {
            return false
        }
    }
}
