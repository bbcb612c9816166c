import JSONText
import TaskEngine
import Testing

@Suite("Workflows in Swift")
struct WorkflowBuilderTests {
    private struct ScanHost: TaskParameters {
        static let taskName = "scan.host"
        var host: String
    }

    @Test("the same workflow in Swift and in JSON is the same value")
    func everything() throws {
        let workflow = Workflow("security-scan", description: "Scans and reports", timeout: .seconds(7200)) {
            Parameter("target", .string, required: true, description: "What is scanned")
            Parameter("depth", .integer, default: 2)
            Parameter("options", .object, default: WorkflowValue(json: #"{"b": 1.50, "a": [true, null]}"#))

            Node(
                "scan", task: "scan.run", input: ["target": "${params.target}", "depth": "${params.depth}", "run": "scan ${run.id}"],
                queue: "default", priority: 3, retry: .exponentialJitter(maxRetries: 5, base: .seconds(1), cap: .seconds(60)),
                softTimeout: .seconds(50), timeout: .seconds(60))
            Node(
                "hosts", task: ScanHost.self, after: "scan",
                input: ["host": "${item.name}", "n": "${index}", "options": "${params.options}"],
                foreach: "${nodes.scan.output.hosts}", concurrency: 8, onFailure: .continue)
            Node(
                "approve", waitsFor: "approved", after: ["scan"], timeout: .seconds(3600),
                when: "nodes.scan.output.findings > 0 and exists(params.target)")
            Node("pause", sleeps: .seconds(5), after: "approve")
            Node("report", workflow: "report@3", after: ["hosts", "pause"], params: ["rows": "${nodes.hosts.output}"])
        }
        let parsed = try WorkflowFixtures.plan(workflow.text).definition
        let expected = try WorkflowFixtures.plan(WorkflowFixtures.everything).definition
        #expect(workflow.name == "security-scan")
        #expect(parsed == expected && parsed.text == expected.text && parsed.digest == expected.digest)
    }

    @Test("nodes may come out of loops and conditions")
    func control() throws {
        let isThorough = true
        let workflow = Workflow("w") {
            Node("first", task: "t")
            for number in 1...3 { Node("step-\(number)", task: "t", after: "first") }
            if isThorough { Node("check", task: "t", after: .init((1...3).map { "step-\($0)" })) }
            if !isThorough { Node("never", task: "t") } else { [Node("x", task: "t"), Node("y", task: "t")] }
        }
        let plan = try WorkflowFixtures.plan(workflow.text)
        #expect(plan.nodes.map(\.id) == ["first", "step-1", "step-2", "step-3", "check", "x", "y"])
        #expect(plan.parents[4] == [1, 2, 3])
    }

    @Test("literals become the JSON they look like")
    func literals() throws {
        let host = "a\"b"
        let value: WorkflowValue = ["s": "é\n", "i": -3, "d": 1.5, "t": true, "n": nil, "l": [1, [], [:]], "host": "\(host):${params.p}"]
        let workflow = Workflow("w") {
            Parameter("p", .string)
            Node("a", task: "t", input: value)
        }
        #expect(
            try WorkflowFixtures.plan(workflow.text).nodes[0].task?.input.source
                == #"{"s":"é\n","i":-3,"d":1.5,"t":true,"n":null,"l":[1,[],{}],"host":"a\"b:${params.p}"}"#)
        #expect(
            try WorkflowFixtures.plan(Workflow("w") { Node("a", task: "t", input: try! WorkflowValue(encoding: [1, 2])) }.text).nodes[0]
                .task?.input.source == "[1,2]")
    }

    @Test("mistakes are found by the checks of JSON definitions")
    func mistakes() {
        let workflow = Workflow("w w") {
            Node("a", task: "t", after: "b", input: WorkflowValue(json: "{"))
        }
        guard case .refused(let problems) = workflow.parsed(rules: WorkflowRules()) else {
            Issue.record("accepted")
            return
        }
        #expect(problems.count == 1 && problems[0].detail.hasPrefix("is not JSON"))
        let other = Workflow("w w") { Node("a", task: "t", after: "b", when: "1 +", timeout: .zero) }
        guard case .refused(let problems) = other.parsed(rules: WorkflowRules()) else {
            Issue.record("accepted")
            return
        }
        #expect(problems.map(\.pointer) == ["/name", "/nodes/0/timeout_ms", "/nodes/0/when", "/nodes/0/depends_on/0"])
    }

    @Test("durations are whole milliseconds, rounded up")
    func durations() throws {
        let workflow = Workflow("w", timeout: .microseconds(1)) { Node("a", sleeps: .microseconds(1500)) }
        let definition = try WorkflowFixtures.plan(workflow.text).definition
        #expect(definition.timeoutMilliseconds == 1)
        guard case .sleep(2) = definition.nodes[0].kind else {
            Issue.record("wrong: \(definition.nodes[0].kind)")
            return
        }
    }
}
