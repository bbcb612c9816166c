/// Everything that is kept about one workflow run.
package struct RunDetail: Sendable {
    /// What lists show of it.
    package let summary: WorkflowRunSummary
    /// What it follows.
    package let plan: WorkflowPlan
    /// By position in the plan. A run that lost rows of nodes, which nothing does, would have fewer.
    package let nodes: [RunNode]
    /// Outputs of its leaves by node id as a JSON object; nil while it has not succeeded, or when they are too long for one answer.
    package let output: String?
}

/// One node of a run.
package struct RunNode: Sendable {
    /// Position in the plan.
    package let index: Int
    /// The task that the node is.
    package let task: Int64
    /// Name of the task type.
    package let type: String
    /// The queue it waits in.
    package let queue: String
    /// Where it stands.
    package let state: TaskState
    /// Counted attempts so far, the running one included.
    package let attempt: Int
    /// Of a waiting node: how many parents, elements or child runs have not ended.
    package let pending: Int
    /// When it became ready last, or will be (scheduled), microseconds since 1970.
    package let readyAt: Int64
    /// Start of the last attempt, or of a list's elements, microseconds since 1970; nil when there was none.
    package let startedAt: Int64?
    /// Microseconds since 1970; nil while it is not in a terminal state.
    package let finishedAt: Int64?
    /// JSON; nil for none, and when it was left out.
    package let output: String?
    /// Whether there is an output for which the answer had no room.
    package let isOutputOmitted: Bool
    /// The error of the last attempt, or why it was skipped; nil for none.
    package let error: TaskError?
    /// Of a node that runs once for each element of a list: how many elements are in each state. Empty for others.
    package let elements: [TaskState: Int]
    /// Of a node that stands for another workflow: its run; nil for others and before it was started.
    package let childRun: Int64?
    /// Rises in every transition.
    package let version: Int64
}

/// One element of a node that runs once for each element of a list.
package struct RunElement: Sendable {
    /// Position in the list, from 0.
    package let index: Int
    /// The task that it is.
    package let task: Int64
    /// Where it stands.
    package let state: TaskState
    /// Counted attempts so far, the running one included.
    package let attempt: Int
    /// Start of the last attempt, microseconds since 1970; nil when there was none.
    package let startedAt: Int64?
    /// Microseconds since 1970; nil while it is not in a terminal state.
    package let finishedAt: Int64?
    /// JSON; nil for none.
    package let output: String?
    /// The error of the last attempt; nil for none.
    package let error: TaskError?
}
