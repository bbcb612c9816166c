import JSONText
import WebCore

/// Why a command got no task done. The raw value of the code is the process's exit code.
package struct ClientError: Error, Sendable {
    /// The reasons there are, after sysexits.h and timeout(1).
    package enum Code: Int32, Sendable {
        /// The task failed, or was cancelled or skipped.
        case notSucceeded = 1
        /// An argument makes no sense.
        case usage = 64
        /// What was asked for was refused.
        case refused = 65
        /// No server answered.
        case unreachable = 69
        /// The task had not ended in time; it goes on.
        case notEnded = 124
    }

    /// What the exit code follows from.
    package let code: Code
    /// For people: one line, or one for each field at fault.
    package let message: String

    /// An error with this message.
    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    init(_ problem: Problem) {
        self.init(.refused, Self.text(problem.detail ?? problem.code.title, problem.errors.map { ($0.pointer, $0.detail) }))
    }

    /// What a server's refusal says; `application/problem+json` is told field by field.
    init(status: Int, body: String) {
        guard let problem = try? JSONDocument(parsing: body).root, let title = problem["title"]?.string else {
            self.init(.refused, "the server answered \(status)")
            return
        }
        let fields = problem["errors"]?.elements.map { ($0["pointer"]?.string ?? "", $0["detail"]?.string ?? "") } ?? []
        self.init(.refused, Self.text(problem["detail"]?.string ?? title, fields))
    }

    private static func text(_ sentence: String, _ fields: [(pointer: String, detail: String)]) -> String {
        ([sentence] + fields.map { "  \($0.pointer.drop { $0 == "/" }) \($0.detail)" }).joined(separator: "\n")
    }
}
