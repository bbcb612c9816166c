/// The task types behind nodes that are no task of anybody's. Only nodes use them: nobody can submit one.
package enum WorkflowTasks {
    /// A node that waits for an event; its handler runs when none came in time.
    static let waitEvent = "workflow.wait_event"
    /// A node that waits for some time; its handler runs when that is over.
    static let sleep = "workflow.sleep"
    /// A node that waits for a child run; it is never claimed.
    static let workflow = "workflow.run"

    /// Adds them to a registry.
    package static func register(in registry: inout TaskRegistry) {
        var options = TaskTypeOptions(queue: SystemQueue.name)
        options.submittedThrough = "POST /v1/workflow_runs"
        registry.register(name: waitEvent, options: options) { _, _ in
            throw TaskFailure.permanent(code: "event_timeout", "the event did not come in time")
        }
        registry.register(name: sleep, options: options) { _, _ in nil }
        registry.register(name: workflow, options: options) { _, _ in
            throw TaskFailure.permanent(code: "not_runnable", "a node that stands for a child run is never run itself")
        }
    }
}
