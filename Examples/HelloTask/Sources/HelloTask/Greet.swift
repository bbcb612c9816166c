import Millrace

/// Greets somebody. Submitted as `{"type": "hello.greet", "input": {"name": "Ada"}}`.
struct Greet: TaskParameters {
    static let taskName = "hello.greet"

    /// Whom to greet.
    var name: String
    /// With which word; "Hello" when left out.
    var greeting: String?
}

/// What the task leaves as its result.
struct Greeting: Codable, Sendable {
    var text: String
    var attempt: Int
}

extension Greet {
    /// The handler: runs once per attempt, on a thread on which it may block.
    static func run(_ parameters: Greet, _ context: TaskContext) async throws -> Greeting {
        guard !parameters.name.isEmpty else {
            // The same input would fail again: no retry.
            throw TaskFailure.permanent(code: "no_name", "there is nobody to greet")
        }
        context.logger.info("greeting somebody", metadata: ["name": "\(parameters.name)"])
        context.progress(0.5, message: "finding the words")
        try context.checkCancellation()

        let text = "\(parameters.greeting ?? "Hello"), \(parameters.name)!"
        // Written with the task's success or not at all, however often the task is tried.
        context.complete { transaction in
            try transaction.execute("INSERT INTO greetings (task_id, text) VALUES (\(context.id), \(text))")
        }
        return Greeting(text: text, attempt: context.attempt)
    }
}
