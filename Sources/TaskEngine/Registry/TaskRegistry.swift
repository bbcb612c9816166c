import Foundation

/// The task types of this process. Filled while the process starts, read-only afterwards.
package struct TaskRegistry: Sendable {
    private var types: [String: TaskType] = [:]
    private var canonicalNames: [String: String] = [:]
    private var middleware: [TaskMiddleware] = []

    package init() {}

    /// Registers a handler with an output, which is encoded as JSON and kept as the task's result.
    /// Registering a name or alias twice is a programmer's error and stops the process at start.
    package mutating func register<Parameters: TaskParameters, Output: Encodable & Sendable>(
        _ parameters: Parameters.Type, options: TaskTypeOptions = .init(),
        _ handler: @escaping @Sendable (Parameters, TaskContext) async throws -> Output
    ) {
        register(name: Parameters.taskName, options: options) { input, context in
            let output = try await handler(try Self.decode(Parameters.self, from: input), context)
            return String(decoding: try Self.encoder.encode(output), as: UTF8.self)
        }
    }

    /// Registers a handler without a result.
    package mutating func register<Parameters: TaskParameters>(
        _ parameters: Parameters.Type, options: TaskTypeOptions = .init(),
        _ handler: @escaping @Sendable (Parameters, TaskContext) async throws -> Void
    ) {
        register(name: Parameters.taskName, options: options) { input, context in
            try await handler(try Self.decode(Parameters.self, from: input), context)
            return nil
        }
    }

    /// Registers a handler that reads and writes JSON text itself.
    package mutating func register(name: String, options: TaskTypeOptions = .init(), _ handler: @escaping TaskType.Handler) {
        for alias in [name] + options.aliases {
            precondition(canonicalNames[alias] == nil, "task type '\(alias)' is registered twice")
            canonicalNames[alias] = name
        }
        types[name] = TaskType(name: name, options: options, handler: handler)
    }

    /// Adds a wrapper around every handler; the first added is the outermost.
    package mutating func add(middleware wrapper: @escaping TaskMiddleware) {
        middleware.append(wrapper)
    }

    /// The type registered under this name or alias; nil when there is none.
    package func type(named name: String) -> TaskType? {
        canonicalNames[name].flatMap { types[$0] }
    }

    /// Names of all types, sorted, without aliases.
    package var names: [String] { types.keys.sorted() }

    /// Runs the type's handler inside the middleware.
    func run(_ type: TaskType, input: String, context: TaskContext) async throws -> String? {
        try await run(type, input: input, context: context, from: 0)
    }

    private func run(_ type: TaskType, input: String, context: TaskContext, from index: Int) async throws -> String? {
        guard index < middleware.count else { return try await type.handler(input, context) }
        return try await middleware[index](context) { try await run(type, input: input, context: context, from: index + 1) }
    }

    private static let decoder = JSONDecoder()
    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.withoutEscapingSlashes, .sortedKeys]
        return encoder
    }()

    private static func decode<Parameters: TaskParameters>(_ type: Parameters.Type, from input: String) throws -> Parameters {
        do {
            return try decoder.decode(type, from: Data(input.utf8))
        } catch let error as DecodingError {
            // The same input will not decode at the next attempt either.
            throw TaskFailure.permanent(code: "invalid_input", Self.explain(error))
        }
    }

    private static func explain(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, _): "the input lacks '\(key.stringValue)'"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            "the input's '\(context.codingPath.map(\.stringValue).joined(separator: "."))': \(context.debugDescription)"
        @unknown default: "the input does not fit the task type"
        }
    }
}
