/// A registered task type: its name, defaults and handler, without the type of its parameters.
package struct TaskType: Sendable {
    /// Runs one attempt: JSON in, JSON or nothing out.
    package typealias Handler = @Sendable (_ input: String, _ context: TaskContext) async throws -> String?

    /// What is wrong with an input, as far as that can be told without running it; empty when nothing is.
    package typealias InputCheck = @Sendable (_ input: String) -> [InputFault]

    /// The name tasks are stored under.
    package let name: String
    /// Its defaults.
    package let options: TaskTypeOptions
    /// Asked when a task is submitted; nil takes any input.
    package let inputCheck: InputCheck?
    let handler: Handler
}

/// Wraps every handler, for logs, metrics and traces: calls `next` once and returns or throws what it did.
public typealias TaskMiddleware = @Sendable (_ context: TaskContext, _ next: () async throws -> String?) async throws -> String?
