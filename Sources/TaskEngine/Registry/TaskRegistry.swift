/// The task types of this process. Filled while the process starts, read-only afterwards.
public struct TaskRegistry: Sendable {
    private var types: [String: TaskType] = [:]
    private var canonicalNames: [String: String] = [:]
    private var middleware: [TaskMiddleware] = []
    /// What is wrong with the registrations so far, in sentences; the process does not start with any.
    private(set) var faults: [String] = []
    /// What ``prepareDatabase(_:)`` collected.
    package private(set) var preparations: [@Sendable (TaskTransaction) throws -> Void] = []

    /// Built-in workflows, in the order of their registration.
    package private(set) var workflows: [Workflow] = []

    package init() {}

    /// Registers a handler with an output, which is encoded as JSON and kept as the task's result.
    ///
    /// A name or alias that is taken, also by a built-in type, or that makes no sense stops the process at start with a message.
    public mutating func register<Parameters: TaskParameters, Output: Encodable & Sendable>(
        _ parameters: Parameters.Type, options: TaskTypeOptions = .init(),
        _ handler: @escaping @Sendable (Parameters, TaskContext) async throws -> Output
    ) {
        register(name: Parameters.taskName, options: options, checking: TaskCoding.check(Parameters.self)) { input, context in
            try TaskCoding.encodeOutput(try await handler(try TaskCoding.decode(Parameters.self, from: input), context))
        }
    }

    /// Registers a handler without a result.
    ///
    /// A name or alias that is taken, also by a built-in type, or that makes no sense stops the process at start with a message.
    public mutating func register<Parameters: TaskParameters>(
        _ parameters: Parameters.Type, options: TaskTypeOptions = .init(),
        _ handler: @escaping @Sendable (Parameters, TaskContext) async throws -> Void
    ) {
        register(name: Parameters.taskName, options: options, checking: TaskCoding.check(Parameters.self)) { input, context in
            try await handler(try TaskCoding.decode(Parameters.self, from: input), context)
            return nil
        }
    }

    /// Registers a handler that reads and writes JSON text itself.
    /// - Parameter check: what it finds refuses a submit; the handler must check again, since other versions may have submitted.
    package mutating func register(
        name: String, options: TaskTypeOptions = .init(), checking check: TaskType.InputCheck? = nil, _ handler: @escaping TaskType.Handler
    ) {
        faults += options.faults(of: name)
        for alias in [name] + options.aliases {
            if let owner = canonicalNames[alias] {
                faults.append(
                    owner == name && alias == name
                        ? "the task type '\(name)' is registered twice; built-in types have names too"
                        : "the name '\(alias)' of the task type '\(name)' belongs to '\(owner)' already")
            } else {
                canonicalNames[alias] = name
            }
        }
        if types[name] == nil { types[name] = TaskType(name: name, options: options, inputCheck: check, handler: handler) }
    }

    /// Runs `body` in a transaction of its own whenever a process starts, once the product's own tables are up to date and before
    /// any handler runs: the place for `CREATE TABLE IF NOT EXISTS`. Processes that start at the same time take turns. If
    /// it throws, the process does not start.
    public mutating func prepareDatabase(_ body: @escaping @Sendable (TaskTransaction) throws -> Void) {
        preparations.append(body)
    }

    /// Registers a workflow that every tenant can run. It may use task types that are registered later.
    ///
    /// What ``Workflow`` refuses, or a name that another one has, stops the process at start with a message.
    public mutating func register(_ workflow: Workflow) {
        if workflows.contains(where: { $0.name == workflow.name }) {
            faults.append("the workflow '\(workflow.name)' is registered twice")
        }
        workflows.append(workflow)
    }

    /// Adds a wrapper around every handler; the first added is the outermost.
    public mutating func add(middleware wrapper: @escaping TaskMiddleware) {
        middleware.append(wrapper)
    }

    /// The type registered under this name or alias; nil when there is none.
    package func type(named name: String) -> TaskType? {
        canonicalNames[name].flatMap { types[$0] }
    }

    /// Names of all types, sorted, without aliases.
    package var names: [String] { types.keys.sorted() }

    /// - Throws: ``RegistrationError`` when a registration was refused.
    package func check() throws {
        if let fault = faults.first { throw RegistrationError(fault) }
        for workflow in workflows { _ = try plan(of: workflow) }
    }

    /// Runs the type's handler inside the middleware.
    package func run(_ type: TaskType, input: String, context: TaskContext) async throws -> String? {
        try await run(type, input: input, context: context, from: 0)
    }

    private func run(_ type: TaskType, input: String, context: TaskContext, from index: Int) async throws -> String? {
        guard index < middleware.count else { return try await type.handler(input, context) }
        return try await middleware[index](context) { try await run(type, input: input, context: context, from: index + 1) }
    }
}
