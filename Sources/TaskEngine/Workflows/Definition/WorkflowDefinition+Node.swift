extension WorkflowDefinition {
    /// One vertex of the graph.
    package struct Node: Sendable {
        /// Unique in its workflow.
        package let id: String
        /// What it does.
        package let kind: Kind
        /// Ids of its parents, each once, in the order of the text.
        package let dependsOn: [String]
        /// Judged when all parents have ended and the node would run; false skips it. Nil always runs it.
        package let when: Condition?
        /// What its failure means for the run.
        package let onFailure: OnFailure

        /// The call of a task, for nodes that are one.
        package var task: TaskCall? {
            if case .task(let call) = kind { call } else { nil }
        }
    }

    /// What a node does when its turn comes.
    package enum Kind: Sendable {
        /// Runs a task, or one for each element of a list.
        case task(TaskCall)
        /// Waits until an event of this name is sent to the run; its data is the node's output. Milliseconds after which the node fails;
        /// nil waits as long as the run may.
        case waitEvent(name: String, timeoutMilliseconds: Int64?)
        /// Waits for so many milliseconds.
        case sleep(milliseconds: Int64)
        /// Runs another workflow, whose output is the node's. Version nil: the latest when the node's turn comes.
        case workflow(name: String, version: Int?, params: Template)
    }

    /// What the failure of a node means for its run.
    package enum OnFailure: String, Sendable, CaseIterable {
        /// The run fails once its other branches have ended; nodes below are skipped.
        case fail
        /// The nodes below run as if it had succeeded, with null as its output.
        case `continue`
    }

    /// A task as a node asks for it. Nil: as a submit that does not say it.
    package struct TaskCall: Sendable {
        /// Name or alias of the task type.
        package let type: String
        /// The task's input.
        package let input: Template
        /// Its queue; nil: the type's.
        package let queue: String?
        /// 0 highest … 9.
        package let priority: Int?
        /// How failed attempts are made again.
        package let retry: Retry
        /// Soft limit of an attempt.
        package let softTimeoutMilliseconds: Int64?
        /// Hard limit of an attempt.
        package let timeoutMilliseconds: Int64?
        /// The list that has one task for each of its elements; nil for one task. Either a list or one reference.
        package let foreach: Template?
        /// Most of these tasks at once; nil for as many as their pool runs.
        package let concurrency: Int?
    }

    /// How a failed attempt is made again. Nil: as the task type has it.
    package struct Retry: Sendable, Equatable {
        /// Retries after the first attempt.
        package let maxRetries: Int?
        /// Delay before the first retry.
        package let baseMilliseconds: Int64?
        /// No delay is longer.
        package let capMilliseconds: Int64?

        package init(maxRetries: Int? = nil, baseMilliseconds: Int64? = nil, capMilliseconds: Int64? = nil) {
            self.maxRetries = maxRetries
            self.baseMilliseconds = baseMilliseconds
            self.capMilliseconds = capMilliseconds
        }

        /// Says nothing.
        package static let unsaid = Retry()
    }
}

extension WorkflowDefinition.Node {
    /// Templates that are filled in when the node runs, with the field that holds each.
    var templates: [(field: [String], template: Template)] {
        switch kind {
        case .task(let call): [(["input"], call.input)] + (call.foreach.map { [(["foreach"], $0)] } ?? [])
        case .workflow(_, _, let params): [(["workflow", "params"], params)]
        case .waitEvent, .sleep: []
        }
    }
}
