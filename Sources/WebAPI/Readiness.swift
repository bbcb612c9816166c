package import Storage
import Synchronization

/// Whether this process can do what it is there for. Asked by load balancers every few seconds, and by anybody else.
///
/// However often it is asked, one look at the database is under way at most, and nobody waits for it longer than the
/// patience: a probe that hangs tells its caller nothing.
package final class Readiness: Sendable {
    /// One thing that was looked at.
    struct Check: Sendable {
        let name: String
        /// Nil when all is well; else what is wrong, without anything internal.
        let complaint: String?
    }

    /// A write that was proven possible needs no new proof for this long: the question costs a commit.
    private static let proofLasts = Duration.seconds(1)

    private let database: any Database
    private let migrator: Migrator
    private let patience: Duration
    private let isDraining: @Sendable () -> Bool
    private let provenAt = Mutex<ContinuousClock.Instant?>(nil)
    private let lookUnderWay = Mutex<Task<[Check], Never>?>(nil)

    /// - Parameters:
    ///   - patience: how long an answer may take. Default: 2 s.
    ///   - isDraining: whether shutdown has begun; false in a process without an engine.
    package init(database: any Database, migrator: Migrator, patience: Duration = .seconds(2), isDraining: @escaping @Sendable () -> Bool) {
        self.database = database
        self.migrator = migrator
        self.patience = patience
        self.isDraining = isDraining
    }

    /// Looks at everything; one check that fails does not hide the others.
    func checks() async -> [Check] {
        let found = await Self.value(of: lookAtDatabase(), within: patience)
        return (found ?? Self.silence) + [Check(name: "draining", complaint: isDraining() ? "this process is shutting down" : nil)]
    }

    private static let silence = [
        Check(name: "database", complaint: "does not answer"), Check(name: "migrations", complaint: "are not known"),
    ]

    /// The look that is under way, or a new one. It ends by itself: the database's own time limits hold, also at shutdown.
    private func lookAtDatabase() -> Task<[Check], Never> {
        lookUnderWay.withLock { current in
            if let current { return current }
            let look = Task {
                async let database = databaseComplaint()
                async let migrations = migrationsComplaint()
                let checks = [
                    Check(name: "database", complaint: await database), Check(name: "migrations", complaint: await migrations),
                ]
                lookUnderWay.withLock { $0 = nil }
                return checks
            }
            current = look
            return look
        }
    }

    /// Nil when the task takes longer; it goes on. A task group would wait for it.
    private static func value<Value: Sendable>(of task: Task<Value, Never>, within limit: Duration) async -> Value? {
        let (first, answers) = AsyncStream.makeStream(of: Value?.self, bufferingPolicy: .bufferingOldest(1))
        let timer = Task {
            // A cancelled timer was not needed any more.
            try? await Task.sleep(for: limit)
            answers.yield(nil)
        }
        let waiter = Task { answers.yield(await task.value) }
        defer {
            timer.cancel()
            waiter.cancel()
        }
        return await first.first { _ in true } ?? nil
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
