/// A registered task type: its name, defaults and handler, without the type of its parameters.
package struct TaskType: Sendable {
    /// Runs one attempt: JSON in, JSON or nothing out.
    package typealias Handler = @Sendable (_ input: String, _ context: TaskContext) async throws -> String?

    /// The name tasks are stored under.
    package let name: String
    /// Its defaults.
    package let options: TaskTypeOptions
    let handler: Handler
}

/// Wraps every handler, for logs, metrics and traces: calls `next` once and returns or throws what it did.
public typealias TaskMiddleware = @Sendable (_ context: TaskContext, _ next: () async throws -> String?) async throws -> String?
