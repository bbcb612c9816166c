/// Why nothing was submitted.
package struct SubmitRefusal: Error, Sendable, Equatable {
    /// The reasons there are.
    package enum Reason: Sendable, Equatable {
        /// No process knows the task type.
        case unknownType
        /// There is no such queue.
        case unknownQueue
        /// A field makes no sense.
        case invalidField
        /// The idempotency key was used for another request.
        case keyReused
    }

    /// What callers switch over.
    package let reason: Reason
    /// Position of the request at fault.
    package let index: Int
    /// The field at fault, as the HTTP API spells it; "" when it is none.
    package let field: String
    /// For people: what is wrong and what would be right.
    package let message: String
    /// What else is wrong with the same input, in the manner of ``field`` and ``message``.
    package let more: [InputFault]

    init(_ reason: Reason, index: Int = 0, field: String = "", _ message: String, more: [InputFault] = []) {
        self.reason = reason
        self.index = index
        self.field = field
        self.message = message
        self.more = more
    }

    /// Nil when nothing is wrong.
    static func invalidInput(_ faults: [InputFault], index: Int) -> SubmitRefusal? {
        guard let first = faults.first else { return nil }
        return SubmitRefusal(
            .invalidField, index: index, field: "input" + first.pointer, first.problem,
            more: faults.dropFirst().map { InputFault(["input"] + $0.path, $0.problem) })
    }

    /// For people who do not see ``field`` beside it.
    package var sentence: String {
        reason == .invalidField ? "its '\(field)' \(message)" : message
    }

    /// The request at `index` names a queue that does not exist.
    package static func unknownQueue(_ queue: String, index: Int) -> SubmitRefusal {
        SubmitRefusal(.unknownQueue, index: index, field: "queue", "there is no queue '\(queue)'; GET /v1/queues lists them")
    }

    /// For requests that are kept by ``IdempotencyKeys/once(_:now:on:effect:answer:replay:)``.
    package static let keyReused = SubmitRefusal(
        .keyReused, "the idempotency key was used for another request; send a new key with a new request")
}
