import TaskEngine
import Testing

@Suite("Registering workflows")
struct BuiltinWorkflowTests {
    private func registry(_ workflows: Workflow...) -> TaskRegistry {
        var registry = TaskRegistry()
        for workflow in workflows { registry.register(workflow) }
        // Registered behind the workflows that use them.
        DemoTasks.register(in: &registry)
        var options = TaskTypeOptions()
        options.submittedThrough = "POST /v1/things"
        registry.register(name: "things.read", options: options) { _, _ in nil }
        return registry
    }

    private func fault(_ workflows: Workflow...) -> String? {
        do {
            var all = registry()
            for workflow in workflows { all.register(workflow) }
            try all.check()
            return nil
        } catch {
            return "\(error)"
        }
    }

    @Test("a workflow may use the task types of its process")
    func accepted() throws {
        let registry = registry(Workflow("w") { Node("a", task: "demo.sleep", input: ["ms": 1]) })
        try registry.check()
        #expect(try registry.plan(of: registry.workflows[0]).nodes[0].task?.type == "demo.sleep")
    }

    @Test("a workflow that is wrong stops the start with a sentence")
    func refused() {
        #expect(
            fault(Workflow("w") { Node("a", task: "demo.nothing") })
                == "the workflow 'w' cannot be registered: /nodes/0/task there is no task type 'demo.nothing'; register it in a process first"
        )
        #expect(
            fault(Workflow("w") { Node("a", task: "things.read") })
                == "the workflow 'w' cannot be registered: /nodes/0/task 'things.read' cannot be a node: its tasks are submitted through POST /v1/things"
        )
        #expect(
            fault(Workflow("w") { Node("a", task: "demo.sleep", input: ["seconds": 1]) })
                == "the workflow 'w' cannot be registered: /nodes/0/input/ms is required")
        #expect(fault(Workflow("w") {}) == "the workflow 'w' cannot be registered: /nodes is empty: a workflow has at least one node")
        let plain = Workflow("w") { Node("a", task: "demo.noop") }
        #expect(fault(plain, plain) == "the workflow 'w' is registered twice")
        #expect(fault(plain) == nil)
    }
}
