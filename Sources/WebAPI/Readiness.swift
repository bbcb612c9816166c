package import Storage
import Synchronization

/// Whether this process can do what it is there for. Asked by load balancers every few seconds, and by anybody else.
package final class Readiness: Sendable {
    /// One thing that was looked at.
    struct Check: Sendable {
        let name: String
        /// Nil when all is well; else what is wrong, without anything internal.
        let complaint: String?
    }

    /// A write that was proven possible needs no new proof for this long: the question costs a commit, and anybody may ask.
    private static let proofLasts = Duration.seconds(1)

    private let database: any Database
    private let migrator: Migrator
    private let isDraining: @Sendable () -> Bool
    private let provenAt = Mutex<ContinuousClock.Instant?>(nil)

    /// - Parameter isDraining: whether shutdown has begun; false in a process without an engine.
    package init(database: any Database, migrator: Migrator, isDraining: @escaping @Sendable () -> Bool) {
        self.database = database
        self.migrator = migrator
        self.isDraining = isDraining
    }

    /// Looks at everything; one check that fails does not hide the others.
    func checks() async -> [Check] {
        [
            Check(name: "database", complaint: await databaseComplaint()),
            Check(name: "migrations", complaint: await migrationsComplaint()),
            Check(name: "draining", complaint: isDraining() ? "this process is shutting down" : nil),
        ]
    }

    /// A real write: a database that can be read but is full or read-only is not ready. The id it takes is never used.
    private func databaseComplaint() async -> String? {
        if let time = provenAt.withLock({ $0 }), .now - time < Self.proofLasts { return nil }
        do {
            _ = try await database.write { try $0.allocateID() }
            provenAt.withLock { $0 = .now }
            return nil
        } catch {
            provenAt.withLock { $0 = nil }
            return "cannot be written: \(Self.word(error))"
        }
    }

    private func migrationsComplaint() async -> String? {
        do {
            try await migrator.requireCompatible()
            return try await migrator.isCurrent() ? nil : "migrations are missing"
        } catch {
            return "cannot be used: \(Self.word(error))"
        }
    }

    private static func word(_ error: any Error) -> String {
        (error as? StorageError)?.code.rawValue ?? "error"
    }
}
