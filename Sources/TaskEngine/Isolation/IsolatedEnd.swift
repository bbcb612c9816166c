import JSONText

/// How a handler in a child ended, as the child says. The engine's process believes it no more than a client.
package enum IsolatedEnd: Sendable, Codable {
    /// It returned. `output` is JSON, nil for none.
    case succeeded(output: String?, followUps: [SubmitRequest])
    /// It threw; the strategy or `afterMicroseconds` decides when it is tried again.
    case retry(code: String, message: String, afterMicroseconds: Int64?)
    /// It threw something that no retry helps.
    case failed(code: String, message: String)
    /// It asked to be run again after this time.
    case snoozed(microseconds: Int64)

    /// Bytes of an output. What is larger belongs into a file or table.
    package static let largestOutput = 8 << 20
    private static let longestCode = 100

    /// Hands follow-ups to `context` and returns the output, or throws what the handler threw.
    /// - Throws: ``TaskFailure``, ``TaskError``; `child_protocol` for an output that is no JSON.
    package func deliver(to context: TaskContext) throws -> String? {
        switch self {
        case .succeeded(let output, let followUps):
            if let output { try Self.check(output) }
            try context.add(followUps)
            return output
        case .retry(let code, let message, let after?):
            throw TaskFailure.retry(Self.error(code, message), after: .microseconds(after))
        case .retry(let code, let message, nil):
            throw Self.error(code, message)
        case .failed(let code, let message):
            throw TaskFailure.permanent(Self.error(code, message))
        case .snoozed(let microseconds):
            throw TaskFailure.snooze(.microseconds(max(microseconds, 0)))
        }
    }

    private static func check(_ output: String) throws(TaskError) {
        guard output.utf8.count <= largestOutput else {
            throw TaskError(code: "child_protocol", message: "the child's output is too large")
        }
        do {
            _ = try JSONDocument(parsing: output, maxDepth: 500)
        } catch {
            throw TaskError(code: "child_protocol", message: "the child's output is no JSON: \(error)")
        }
    }

    private static func error(_ code: String, _ message: String) -> TaskError {
        TaskError(code: code.prefix(bytes: longestCode), message: message)
    }
}
