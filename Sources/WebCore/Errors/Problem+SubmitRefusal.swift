package import TaskEngine

extension Problem {
    /// What a client hears when a submit was refused.
    /// - Parameters:
    ///   - place: JSON pointer of the task at fault: `""`, or `/tasks/7` in a batch. Nil when the request has no such field: the
    ///     server chose the task.
    ///   - detail: what did not happen, in a sentence.
    package init(_ refusal: SubmitRefusal, at place: String?, detail: String = "Nothing was submitted.") {
        let code: ProblemCode =
            switch refusal.reason {
            case .unknownType: .unknownTaskType
            case .unknownQueue: .unknownQueue
            case .invalidField: .invalidFields
            case .keyReused: .idempotencyKeyReused
            }
        guard let place, refusal.reason != .keyReused else {
            self.init(code, "\(detail.dropLast()): \(refusal.sentence).")
            return
        }
        let first = FieldProblem(pointer: "\(place)/\(refusal.field)", detail: refusal.message)
        self.init(code, detail, errors: [first] + refusal.more.map { FieldProblem(pointer: place + $0.pointer, detail: $0.problem) })
    }
}
