import Foundation
import Logging
import Storage
import TaskEngine

/// A database for one benchmark: a new file beside the configured one, or a schema of its own on the configured server.
/// The user's own data is neither read nor touched, and everything is removed afterwards.
enum BenchDatabase {
    static func with<Result>(
        _ settings: Settings, logger: Logger, _ body: (any Database) async throws -> Result
    ) async throws -> Result {
        switch settings.database {
        case .sqlite(let path): try await withFile(beside: path, settings, logger, body)
        case .postgres(let url): try await withSchema(url, settings, logger, body)
        }
    }

    private static func withFile<Result>(
        beside path: String, _ settings: Settings, _ logger: Logger, _ body: (any Database) async throws -> Result
    ) async throws -> Result {
        let directory = URL(fileURLWithPath: path).deletingLastPathComponent().appendingPathComponent("bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        var own = settings
        own.database = .sqlite(path: directory.appendingPathComponent("bench.db").path)
        let result = await outcome(own, logger, body)
        try FileManager.default.removeItem(at: directory)
        return try result.get()
    }

    private static func withSchema<Result>(
        _ url: String, _ settings: Settings, _ logger: Logger, _ body: (any Database) async throws -> Result
    ) async throws -> Result {
        let schema = "millrace_bench_\(ProcessInfo.processInfo.processIdentifier)"
        let server = try await PostgresDatabase.open(url: url, poolSize: 1, logger: logger)
        defer { server.close() }
        try await server.write { try $0.executeScript("CREATE SCHEMA \(schema)") }
        var own = settings
        own.database = .postgres(url: url + (url.contains("?") ? "&" : "?") + "options=-csearch_path%3D\(schema)")
        let result = await outcome(own, logger, body)
        try await server.write { try $0.executeScript("DROP SCHEMA \(schema) CASCADE") }
        return try result.get()
    }

    private static func outcome<T>(
        _ settings: Settings, _ logger: Logger, _ body: (any Database) async throws -> T
    ) async -> Result<T, any Error> {
        do {
            let database = try await ProcessParts.openDatabase(settings, owner: nil, logger: logger)
            defer { database.close() }
            let now = EngineClock.system.now()
            _ = try await Migrator(database: database, directory: RootDirectory.migrations(settings.root), logger: logger).migrate(now: now)
            try await database.write {
                try QueueSetup.insertMissing([.init(name: "default", pool: "default", weight: 1)], now: now, on: $0)
            }
            return .success(try await body(database))
        } catch {
            return .failure(error)
        }
    }
}
