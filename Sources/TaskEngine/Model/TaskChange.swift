/// One task's new state, announced after its transaction was committed and never before.
package struct TaskChange: Sendable, Equatable {
    package let tenant: String
    package let id: Int64
    /// Rises in every transition; a listener keeps the highest.
    package let version: Int64
    package let state: TaskState
    package let type: String
    package let queue: String

    package init(tenant: String, id: Int64, version: Int64, state: TaskState, type: String, queue: String) {
        self.tenant = tenant
        self.id = id
        self.version = version
        self.state = state
        self.type = type
        self.queue = queue
    }
}
