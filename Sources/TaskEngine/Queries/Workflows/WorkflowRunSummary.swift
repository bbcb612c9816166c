import Storage

/// One workflow run as a list shows it.
package struct WorkflowRunSummary: Sendable {
    /// The run's id; lists are ordered by it.
    package let id: Int64
    /// The caller's own name for it; nil when it gave none.
    package let key: String?
    /// Name of the workflow.
    package let workflow: String
    /// The version that it follows to its end, from 1.
    package let workflowVersion: Int
    /// Where it stands.
    package let state: RunState
    /// JSON object, defaults filled in.
    package let params: String
    /// JSON object; nil for none.
    package let metadata: String?
    /// JSON array of strings; nil for none.
    package let tags: String?
    /// Microseconds since 1970.
    package let createdAt: Int64
    /// When its first node began, microseconds since 1970; nil before.
    package let startedAt: Int64?
    /// Microseconds since 1970; nil while it is not in a terminal state.
    package let finishedAt: Int64?
    /// When it is ended as timed out, microseconds since 1970; nil for never.
    package let deadlineAt: Int64?
    /// Nodes that have not ended.
    package let unfinished: Int
    /// Nodes whose failure counts.
    package let failed: Int
    /// Tasks of the run, elements of lists included.
    package let tasks: Int
    /// When somebody ended it first, microseconds since 1970; nil when nobody did.
    package let cancelRequestedAt: Int64?
    /// For people; nil for none.
    package let cancelReason: String?
    /// Of a child run: the run whose node waits for it; nil for others.
    package let parentRun: Int64?
    /// Of a child run: the task of that node.
    package let parentTask: Int64?
    /// Rises in every transition.
    package let version: Int64
    /// What it follows.
    package let head: RunHead

    /// The caller's own name for the run, else its id.
    package var name: String { key ?? String(id) }
}

extension WorkflowRunSummary {
    /// What ``init(_:)`` decodes; expects `workflow_runs AS w`.
    static let columns: SQL = """
        w.id, w.run_key, w.workflow, w.workflow_version, w.state, w.params, w.metadata, w.tags, w.created_at, w.started_at, w.finished_at,
        w.deadline_at, w.unfinished, w.failed, w.task_count, w.cancel_requested_at, w.cancel_reason, w.parent_run, w.parent_task, w.version,
        w.definition, (SELECT d.digest FROM workflows AS d WHERE d.id = w.definition)
        """

    /// Decodes ``columns``.
    init(_ row: Row) throws {
        self.init(
            id: row.int(0), key: row.textOrNil(1), workflow: row.text(2), workflowVersion: Int(row.int(3)),
            state: try RunState(stored: row.text(4)), params: row.text(5), metadata: row.textOrNil(6), tags: row.textOrNil(7),
            createdAt: row.int(8), startedAt: row.intOrNil(9), finishedAt: row.intOrNil(10), deadlineAt: row.intOrNil(11),
            unfinished: Int(row.int(12)), failed: Int(row.int(13)), tasks: Int(row.int(14)), cancelRequestedAt: row.intOrNil(15),
            cancelReason: row.textOrNil(16), parentRun: row.intOrNil(17), parentTask: row.intOrNil(18), version: row.int(19),
            head: RunHead(id: row.int(0), definition: row.int(20), digest: row.text(21)))
    }
}
