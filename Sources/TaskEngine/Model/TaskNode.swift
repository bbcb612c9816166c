/// The place of a task in a workflow run: a node, or one element of a node that runs once for each element of a list.
package struct TaskNode: Sendable, Equatable {
    /// The run.
    package let run: Int64
    /// Position of the node in the plan of the run's definition.
    package let index: Int
    /// Position in the list, from 0; nil for the node itself.
    package let element: Int?
    /// Of a waiting node: how many parents, elements or child runs have not ended. Of an element: 1 until there is room for it.
    let pending: Int64

    package init(run: Int64, index: Int, element: Int? = nil, pending: Int64 = 0) {
        self.run = run
        self.index = index
        self.element = element
        self.pending = pending
    }
}
