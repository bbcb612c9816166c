import TaskEngine

/// The workflow that docs/workflows.md shows, in the words of the page.
enum DocumentedWorkflow {
    static let scan = Workflow("security-scan") {
        Parameter("target", .string, required: true, description: "What is scanned")
        Parameter("depth", .integer, default: 2)

        Node("scan", task: "scan.run", input: ["target": "${params.target}", "depth": "${params.depth}"])
        Node(
            "compliance", task: "scan.compliance", after: "scan", input: ["findings": "${nodes.scan.output.findings}"],
            when: "nodes.scan.output.count > 0")
        Node(
            "hosts", task: "scan.host", after: "scan", input: ["host": "${item.name}", "label": "${run.id}-${index}"],
            foreach: "${nodes.scan.output.hosts}", concurrency: 8,
            retry: .exponentialJitter(maxRetries: 1, base: .seconds(1), cap: .seconds(5)), onFailure: .continue)
        Node("report", task: "scan.report", after: ["compliance", "hosts"], input: ["hosts": "${nodes.hosts.output}"])
    }
}
