/// One task's new state, announced after its transaction was committed and never before.
package struct TaskChange: Sendable, Equatable {
    /// The task's owner: who may hear of it.
    package let tenant: String
    /// The task's id.
    package let id: Int64
    /// Rises in every transition; a listener keeps the highest.
    package let version: Int64
    /// The state it is in now.
    package let state: TaskState
    /// Name of its task type.
    package let type: String
    /// Its queue.
    package let queue: String
    /// Whether it was submitted with a time at which it expires: whoever keeps timers looks again.
    package let expires: Bool
    /// Its place in a workflow run; nil for a task of its own.
    package let node: TaskNode?
    /// Of one change of the transaction that ended its workflow run: how that ended. Nil for all others.
    package internal(set) var endedRun: RunEnd?

    package init(
        tenant: String, id: Int64, version: Int64, state: TaskState, type: String, queue: String, expires: Bool = false,
        node: TaskNode? = nil
    ) {
        self.tenant = tenant
        self.id = id
        self.version = version
        self.state = state
        self.type = type
        self.queue = queue
        self.expires = expires
        self.node = node
    }
}
