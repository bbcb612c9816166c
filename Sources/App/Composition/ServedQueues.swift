package import Storage
import TaskEngine

/// Looks at the queues that a process is told to serve.
package enum ServedQueues {
    /// What is to be said about queues that do not exist, with those that do; nil when all do. No reason not to start: another process may
    /// insert them later, and then they are served.
    /// - Throws: ``StorageError`` when the database cannot be read.
    package static func warning(_ settings: Settings, _ database: any Database) async throws -> String? {
        guard let served = settings.engine.servedQueues else { return nil }
        let known = Set(try await database.read { try $0.rows("SELECT name FROM queues") { $0.text(0) } })
        let unknown = served.subtracting(known).sorted()
        guard !unknown.isEmpty else { return nil }
        return """
            \(SettingName.serveQueues.rawValue) names queues that do not exist: \(unknown.joined(separator: ", ")). Known are \
            \(known.sorted().joined(separator: ", ")); \(SettingName.queues.rawValue) adds others
            """
    }
}
