import Foundation
import Logging
import Storage
import TaskEngine

/// A database for one benchmark: a new file beside the configured one, or a schema of its own on the configured server.
/// The user's own data is neither read nor touched, and everything is removed afterwards.
enum BenchDatabase {
    /// Opened, migrated, and with the queue `default`.
    static func with<Result>(
        _ settings: Settings, logger: Logger, _ body: (any Database) async throws -> Result
    ) async throws -> Result {
        try await withPlace(settings, logger: logger) { own, _ in try await opened(own, logger, body) }
    }

    /// Only the place: settings that name it, for a process to open, and a directory for files.
    static func withPlace<Result>(
        _ settings: Settings, logger: Logger, _ body: (Settings, _ directory: String) async throws -> Result
    ) async throws -> Result {
        let data = URL(fileURLWithPath: settings.dataDirectory)
        let parent: URL
        switch settings.database {
        case .sqlite(let path): parent = URL(fileURLWithPath: path).deletingLastPathComponent()
        case .postgres: parent = data
        }
        let directory = parent.appendingPathComponent("bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let result = await outcome { () async throws -> Result in
            switch settings.database {
            case .sqlite:
                var own = settings
                own.database = .sqlite(path: directory.appendingPathComponent("bench.db").path)
                return try await body(own, directory.path)
            case .postgres(let url):
                return try await withSchema(url, settings, logger) { try await body($0, directory.path) }
            }
        }
        try FileManager.default.removeItem(at: directory)
        return try result.get()
    }

    private static func withSchema<Result>(
        _ url: String, _ settings: Settings, _ logger: Logger, _ body: (Settings) async throws -> Result
    ) async throws -> Result {
        let schema = "millrace_bench_\(ProcessInfo.processInfo.processIdentifier)"
        let server = try await PostgresDatabase.open(url: url, poolSize: 1, logger: logger)
        defer { server.close() }
        try await server.write { try $0.executeScript("CREATE SCHEMA \(schema)") }
        var own = settings
        own.database = .postgres(url: url + (url.contains("?") ? "&" : "?") + "options=-csearch_path%3D\(schema)")
        let result = await outcome { try await body(own) }
        try await server.write { try $0.executeScript("DROP SCHEMA \(schema) CASCADE") }
        return try result.get()
    }

    private static func outcome<T>(_ body: () async throws -> T) async -> Result<T, any Error> {
        do { return .success(try await body()) } catch { return .failure(error) }
    }

    /// The database that settings name, opened, migrated, and with the queue `default`; closed afterwards.
    static func opened<T>(
        _ settings: Settings, _ logger: Logger, _ body: (any Database) async throws -> T
    ) async throws -> T {
        let database = try await ProcessParts.openDatabase(settings, owner: nil, logger: logger)
        defer { database.close() }
        let now = EngineClock.system.now()
        _ = try await Migrator(database: database, directory: RootDirectory.migrations(settings.root), logger: logger).migrate(now: now)
        try await database.write {
            try QueueSetup.insertMissing([.init(name: "default", pool: "default", weight: 1)], now: now, on: $0)
        }
        return try await body(database)
    }
}
