/// Something wrong with a definition or with the parameters of a run.
package struct WorkflowProblem: Sendable, Equatable {
    /// Where it stands in the text, as a JSON pointer (RFC 6901); "" for the whole.
    package let pointer: String
    /// Goes on from the name of the place, as in "is required", or is a sentence of its own. Says what to do.
    package let detail: String

    package init(pointer: String, _ detail: String) {
        self.pointer = pointer
        self.detail = detail
    }

    init(_ path: [String], _ detail: String) {
        self.init(pointer: InputFault(path, "").pointer, detail)
    }
}

/// What came of reading a definition.
package enum ParsedWorkflow: Sendable {
    /// It can be run. The warnings are for the client to see.
    case accepted(WorkflowPlan, warnings: [WorkflowProblem])
    /// It cannot. At most 100 problems, at least one.
    case refused([WorkflowProblem])
}
