import Millrace

/// Greets everybody of a list at the top of its voice. Submitted as `{"type": "hello.shout", "input": {"names": ["Ada"]}}`.
///
/// Runs in a child process. That does not reach the database, so it has no ``TaskContext/complete(_:)``; everything else is
/// the same.
struct Shout: TaskParameters {
    static let taskName = "hello.shout"

    /// Whom to greet.
    var names: [String]

    /// The handler.
    static func run(_ parameters: Shout, _ context: TaskContext) async throws -> [String] {
        context.logger.info("shouting", metadata: ["names": "\(parameters.names.count)"])
        var shouts: [String] = []
        for name in parameters.names {
            try context.checkCancellation()
            shouts.append("HELLO, \(name.uppercased())!")
            context.progress(Double(shouts.count) / Double(parameters.names.count))
        }
        // The greeting itself is a task that writes: it is submitted with the success of this one.
        if let first = parameters.names.first { try context.submit(Greet(name: first)) }
        return shouts
    }
}
