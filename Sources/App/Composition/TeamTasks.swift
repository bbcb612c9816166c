package import TaskEngine

/// The task types that a team's own binary adds to the built-in ones.
package struct TeamTasks: Sendable {
    /// A binary without types of its own.
    package static let none = TeamTasks { _ in }

    private let register: @Sendable (inout TaskRegistry) async throws -> Void

    /// - Parameter register: called once in a process that runs or takes tasks, when its database is up to date and before any of it runs.
    package init(_ register: @escaping @Sendable (inout TaskRegistry) async throws -> Void) {
        self.register = register
    }

    /// Adds the types to `registry`.
    /// - Throws: what the team's closure throws, which stops the start.
    func add(to registry: inout TaskRegistry) async throws {
        try await register(&registry)
    }
}
