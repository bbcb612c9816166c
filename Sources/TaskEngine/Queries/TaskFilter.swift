/// Which tasks a list shows; nil filters nothing.
package struct TaskFilter: Sendable {
    /// Tasks in this state.
    package var state: TaskState?
    /// The stored name of the type, not an alias.
    package var type: String?
    /// Tasks of this queue.
    package var queue: String?
    /// Created earlier than this, microseconds since 1970.
    package var before: Int64?
    /// Created at this time or later, microseconds since 1970.
    package var after: Int64?
    /// Submitted with this unique key, whether they hold it or not.
    package var uniqueKey: String?
    /// Nodes and elements of this workflow run.
    package var run: Int64?
    /// Having all of these, see ``TaskLabel``; empty filters nothing.
    package var labels: [String]

    package init(
        state: TaskState? = nil, type: String? = nil, queue: String? = nil, before: Int64? = nil, after: Int64? = nil,
        uniqueKey: String? = nil, run: Int64? = nil, labels: [String] = []
    ) {
        self.state = state
        self.type = type
        self.queue = queue
        self.before = before
        self.after = after
        self.uniqueKey = uniqueKey
        self.run = run
        self.labels = labels
    }
}
