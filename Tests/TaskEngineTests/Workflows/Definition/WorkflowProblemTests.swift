import JSONText
import TaskEngine
import Testing

@Suite("Problems of workflow definitions")
struct WorkflowProblemTests {
    /// Nodes of `{"name": "w", "nodes": [ … ]}`.
    private func problems(nodes: String, rules: WorkflowRules = WorkflowRules()) -> [String] {
        WorkflowFixtures.problems("{\"name\": \"w\", \"nodes\": [\(nodes)]}", rules: rules)
    }

    @Test(
        "a wrong form says where it is and what to do",
        arguments: [
            ("{", ": is not JSON: text ends too early: string expected as key at byte 1"),
            (#"{"name": "w", "name": "v"}"#, ": is not JSON: key occurs twice in one object at byte 14"),
            ("[]", ": must be an object"),
            (#"{"nodes": [{"id": "a", "task": "t"}]}"#, "/name: is required"),
            (#"{"name": 3, "nodes": [{"id": "a", "task": "t"}]}"#, "/name: must be a string"),
            (
                #"{"name": "a b", "nodes": [{"id": "a", "task": "t"}]}"#,
                "/name: must be 1 to 200 letters, digits, dots, dashes and underscores, beginning with a letter or a digit"
            ),
            (#"{"name": "w"}"#, "/nodes: is required: a list with at least one node"),
            (#"{"name": "w", "nodes": []}"#, "/nodes: is empty: a workflow has at least one node"),
            (#"{"name": "w", "nodes": {}}"#, "/nodes: must be a list of objects"),
            (#"{"name": "w", "nodes": ["a"]}"#, "/nodes/0: must be an object"),
            (
                #"{"name": "w", "steps": [], "nodes": [{"id": "a", "task": "t"}]}"#,
                "/steps: is not a known field; there are name, description, timeout_ms, parameters, nodes, dependencies"
            ),
            (
                #"{"name": "w", "timeout_ms": 0, "nodes": [{"id": "a", "task": "t"}]}"#,
                "/timeout_ms: must be an integer from 1 to 2592000000"
            ),
            (
                #"{"name": "w", "nodes": [{"id": "a", "task": "t"}], "dependencies": ["a"]}"#,
                #"/dependencies: must be an object as in {"node": ["parent"]}"#
            ),
            (
                #"{"name": "w", "nodes": [{"id": "a", "task": "t"}], "dependencies": {"a": "b"}}"#,
                "/dependencies/a: must be a list of strings"
            ),
            (
                #"{"name": "w", "nodes": [{"id": "a", "task": "t"}], "dependencies": {"x/y": []}}"#,
                "/dependencies/x~1y: there is no node of this name: add it to nodes, or take it out"
            ),
            (
                #"{"name": "w", "nodes": [{"id": "a", "task": "t"}], "dependencies": {"a": ["z"]}}"#,
                "/dependencies/a/0: there is no node 'z': add it to nodes, or take it out"
            ),
        ])
    func form(text: String, expected: String) {
        #expect(WorkflowFixtures.problems(text).first == expected)
    }

    @Test(
        "a wrong node says where it is and what to do",
        arguments: [
            (#"{"task": "t"}"#, "/id: is required"),
            (#"{"id": "a b", "task": "t"}"#, "/id: must be letters, digits, dots, dashes and underscores"),
            (#"{"id": "a"}"#, ": needs one of task, wait_event, sleep and workflow, which say what the node does"),
            (#"{"id": "a", "task": "t", "sleep": {"ms": 1}}"#, "/sleep: cannot stand beside task: a node does one thing"),
            (#"{"id": "a", "task": ""}"#, "/task: must not be empty"),
            (
                #"{"id": "a", "task": "t", "max_retries": 1}"#,
                "/max_retries: is not a known field; there are id, task, wait_event, sleep, workflow, input, depends_on, queue, priority, retry, soft_timeout_ms, timeout_ms, when, on_failure, foreach, concurrency"
            ),
            (#"{"id": "a", "task": "t", "priority": 10}"#, "/priority: must be an integer from 0 to 9"),
            (
                #"{"id": "a", "task": "t", "queue": "system"}"#,
                "/queue: the queue 'system' is for the platform's own tasks; name another"
            ),
            (#"{"id": "a", "task": "t", "retry": 3}"#, "/retry: must be an object"),
            (#"{"id": "a", "task": "t", "retry": {"max_retries": -1}}"#, "/retry/max_retries: must be an integer from 0 to 1000"),
            (#"{"id": "a", "task": "t", "retry": {"base_ms": 1.5}}"#, "/retry/base_ms: must be an integer from 0 to 316224000000"),
            (
                #"{"id": "a", "task": "t", "retry": {"delay": 1}}"#,
                "/retry/delay: is not a known field; there are max_retries, base_ms, cap_ms"
            ),
            (#"{"id": "a", "task": "t", "timeout_ms": "1h"}"#, "/timeout_ms: must be an integer from 1 to 2592000000"),
            (#"{"id": "a", "task": "t", "soft_timeout_ms": 2592000001}"#, "/soft_timeout_ms: must be an integer from 1 to 2592000000"),
            (#"{"id": "a", "task": "t", "soft_timeout_ms": 2, "timeout_ms": 1}"#, "/soft_timeout_ms: must not be more than timeout_ms"),
            (#"{"id": "a", "task": "t", "on_failure": "ignore"}"#, "/on_failure: must be one of fail, continue"),
            (#"{"id": "a", "task": "t", "depends_on": "b"}"#, "/depends_on: must be a list of strings"),
            (#"{"id": "a", "task": "t", "depends_on": [1]}"#, "/depends_on: must be a list of strings"),
            (#"{"id": "a", "task": "t", "depends_on": ["b"]}"#, "/depends_on/0: there is no node 'b': add it to nodes, or take it out"),
            (#"{"id": "a", "task": "t", "depends_on": ["a"]}"#, "/depends_on/0: node 'a' depends on itself: take it out"),
            (#"{"id": "a", "task": "t", "when": true}"#, "/when: must be a string with a condition"),
            (#"{"id": "a", "task": "t", "when": "1 = 1"}"#, "/when: 1 = 1, column 3: equality is written '=='"),
            (
                #"{"id": "a", "task": "t", "when": "params.x > 1"}"#,
                "/when: params.x > 1, column 1: there is no parameter 'x': declare it in parameters"
            ),
            (
                #"{"id": "a", "task": "t", "when": "exists(item)"}"#,
                "/when: exists(item), column 8: 'item' exists only in the input of a node with foreach"
            ),
            (
                #"{"id": "a", "task": "t", "input": {"a": ["${x}"]}}"#,
                "/input/a/0: ${x}, column 3: 'x' is not known: a reference begins with params., nodes., run.id, item, index or secrets."
            ),
            (
                #"{"id": "a", "task": "t", "input": {"a": "${nodes.a.output}"}}"#,
                "/input/a: ${nodes.a.output}, column 3: a node cannot use its own output"
            ),
            (
                #"{"id": "a", "task": "t", "input": {"a": "${nodes.b.output}"}}"#,
                "/input/a: ${nodes.b.output}, column 3: there is no node 'b'"
            ),
            (
                #"{"id": "a", "task": "t", "input": {"a": "${index}"}}"#,
                "/input/a: ${index}, column 3: 'index' exists only in the input of a node with foreach"
            ),
            (
                #"{"id": "a", "task": "t", "foreach": "${item.x}"}"#,
                "/foreach: ${item.x}, column 3: 'item.x' exists only in the input of a node with foreach"
            ),
            (
                #"{"id": "a", "task": "t", "foreach": "a ${run.id}"}"#,
                #"/foreach: must be a list or one reference to a list, as in "${params.items}""#
            ),
            (#"{"id": "a", "task": "t", "foreach": 3}"#, #"/foreach: must be a list or one reference to a list, as in "${params.items}""#),
            (#"{"id": "a", "task": "t", "concurrency": 3}"#, "/concurrency: needs foreach, whose tasks it caps"),
            (#"{"id": "a", "task": "t", "foreach": [], "concurrency": 0}"#, "/concurrency: must be an integer from 1 to 10000"),
            (#"{"id": "a", "wait_event": {}}"#, "/wait_event/name: is required"),
            (#"{"id": "a", "wait_event": "x"}"#, "/wait_event: must be an object"),
            (
                #"{"id": "a", "wait_event": {"name": "x", "timeout_ms": -1}}"#,
                "/wait_event/timeout_ms: must be an integer from 0 to 316224000000"
            ),
            (#"{"id": "a", "wait_event": {"name": "x"}, "input": {}}"#, "/input: belongs to nodes with a task; this one has wait_event"),
            (#"{"id": "a", "sleep": {}}"#, "/sleep/ms: is required"),
            (#"{"id": "a", "sleep": {"ms": 1}, "foreach": [1]}"#, "/foreach: belongs to nodes with a task; this one has sleep"),
            (#"{"id": "a", "workflow": {"name": "w@x"}}"#, "/workflow/name: must be the name of a workflow, or name@version"),
            (#"{"id": "a", "workflow": {"name": "w", "params": [1]}}"#, "/workflow/params: must be an object"),
            (
                #"{"id": "a", "workflow": {"name": "w", "params": {"x": "${params.p}"}}}"#,
                "/workflow/params/x: ${params.p}, column 3: there is no parameter 'p': declare it in parameters"
            ),
            (#"{"id": "a", "workflow": {"name": "w", "input": {}}}"#, "/workflow/input: is not a known field; there are name, params"),
        ])
    func node(node: String, expected: String) {
        #expect(problems(nodes: node) == ["/nodes/0" + expected])
    }

    @Test(
        "a wrong parameter says where it is and what to do",
        arguments: [
            (#"{"type": "string"}"#, ["/name: is required"]),
            (
                #"{"name": "a.b", "type": "string"}"#,
                ["/name: must be letters, digits, dashes and underscores, beginning with a letter or an underscore"]
            ),
            (#"{"name": "a"}"#, ["/type: is required: one of string, integer, number, boolean, object, array"]),
            (#"{"name": "a", "type": "int"}"#, ["/type: must be one of string, integer, number, boolean, object, array"]),
            (#"{"name": "a", "type": "integer", "default": 1.0}"#, ["/default: must be an integer, as the parameter's type says"]),
            (#"{"name": "a", "type": "array", "default": {}}"#, ["/default: must be a list, as the parameter's type says"]),
            (
                #"{"name": "a", "type": "boolean", "required": true, "default": false}"#,
                ["/default: is never used: a required parameter is always given"]
            ),
            (
                #"{"name": "a", "type": "string", "required": 1, "enum": []}"#,
                ["/required: must be true or false", "/enum: is not a known field; there are name, type, required, default, description"]
            ),
        ])
    func parameter(parameter: String, expected: [String]) {
        let text = #"{"name": "w", "parameters": [\#(parameter)], "nodes": [{"id": "a", "task": "t"}]}"#
        #expect(WorkflowFixtures.problems(text) == expected.map { "/parameters/0" + $0 })
    }

    @Test("names that occur twice are named with the first one's place")
    func duplicates() {
        let text =
            #"{"name": "w", "parameters": [{"name": "p", "type": "string"}, {"name": "p", "type": "string"}], "nodes": [{"id": "a", "task": "t"}, {"id": "b", "task": "t"}, {"id": "a", "task": "t"}]}"#
        #expect(
            WorkflowFixtures.problems(text) == [
                "/parameters/1/name: is the name of parameter 0 too: give each its own",
                "/nodes/2/id: 'a' is the id of node 0 too: give each its own",
            ])
    }

    @Test("all problems of a definition come in one answer")
    func together() {
        let text =
            #"{"name": "", "x": 1, "nodes": [{"id": "a", "task": "t", "priority": 77, "depends_on": ["b", "q"], "when": "("}, {"id": "b", "task": "u", "depends_on": ["a"], "input": {"x": "${params.y}"}}]}"#
        let rules = WorkflowRules(task: { $0 == "t" ? .init() : nil }, hasQueue: { _ in false })
        #expect(
            WorkflowFixtures.problems(text, rules: rules) == [
                "/name: must not be empty", "/nodes/0/priority: must be an integer from 0 to 9",
                "/nodes/0/when: (, column 2: the condition ends too early: a value expected",
                "/x: is not a known field; there are name, description, timeout_ms, parameters, nodes, dependencies",
                "/nodes/0/depends_on/1: there is no node 'q': add it to nodes, or take it out",
                "/nodes/1/depends_on: is part of a cycle, which could never start: b → a → b; take one edge out",
                "/nodes/1/task: there is no task type 'u'; register it in a process first",
                "/nodes/1/input/x: ${params.y}, column 3: there is no parameter 'y': declare it in parameters",
            ])
    }

    @Test("no more than 100 problems are listed")
    func many() {
        let nodes = (0..<300).map { #"{"id": "n\#($0)", "task": 1, "depends_on": ["zz"]}"# }.joined(separator: ",")
        #expect(problems(nodes: nodes).count == 100)
    }

    @Test("task types, their inputs and queues are asked of the process")
    func knownThings() {
        let rules = WorkflowRules(
            task: { $0 == "greet" ? .init { $0 == "{}" ? [InputFault(["name"], "is required")] : [] } : nil }, hasQueue: { $0 == "default" }
        )
        #expect(
            problems(
                nodes:
                    #"{"id": "a", "task": "greet"}, {"id": "b", "task": "great", "queue": "fast"}, {"id": "c", "task": "greet", "queue": "default", "input": {"name": "x"}}, {"id": "d", "task": "greet", "input": {"n": "${run.id}"}}"#,
                rules: rules)
                == [
                    "/nodes/0/input/name: is required", "/nodes/1/queue: there is no queue 'fast'; GET /v1/queues lists them",
                    "/nodes/1/task: there is no task type 'great'; register it in a process first",
                ])
    }

    @Test("secrets stand in fields that the task type declares, nowhere else")
    func secrets() {
        let rules = WorkflowRules(task: { _ in .init(secretFields: ["token"]) })
        let nodes =
            #"{"id": "a", "task": "t", "input": {"token": {"v": "Bearer ${secrets.T}"}, "url": "${secrets.T}"}}, {"id": "b", "task": "t", "when": "exists(secrets.T)"}, {"id": "c", "workflow": {"name": "x", "params": {"token": "${secrets.T}"}}}"#
        #expect(
            problems(nodes: nodes, rules: rules) == [
                "/nodes/0/input/url: ${secrets.T}, column 3: secrets may stand only in fields that the task type declares secret",
                "/nodes/1/when: exists(secrets.T), column 8: secrets may stand only in fields that the task type declares secret",
                "/nodes/2/workflow/params/token: ${secrets.T}, column 3: secrets may stand only in fields that the task type declares secret",
            ])
    }

    @Test("an output is used by nodes below, however far")
    func ancestors() {
        let chain = (0..<90).map { (id: "n\($0)", parents: $0 == 0 ? [] : ["n\($0 - 1)"]) }
        let text = WorkflowFixtures.text(chain + [("side", [])])
        func using(_ id: String) -> [String] {
            WorkflowFixtures.problems(
                text.replacing(#""id":"n89","task""#, with: #""id":"n89","input":{"x":"${nodes.\#(id).output}"},"task""#))
        }
        #expect(using("n0").isEmpty && using("n88").isEmpty && using("n40").isEmpty)
        #expect(
            using("side") == ["/nodes/89/input/x: ${nodes.side.output}, column 3: node 'side' need not have ended: add it to depends_on"])
        #expect(using("n89") == ["/nodes/89/input/x: ${nodes.n89.output}, column 3: a node cannot use its own output"])
    }

    @Test("parameters that nothing uses are a warning")
    func unusedParameters() throws {
        let text =
            #"{"name": "w", "parameters": [{"name": "a", "type": "string"}, {"name": "b", "type": "string"}, {"name": "c", "type": "array"}, {"name": "d", "type": "string"}], "nodes": [{"id": "a", "task": "t", "input": "${params.a}", "when": "exists(params.b)", "foreach": "${params.c}"}]}"#
        guard case .accepted(_, let warnings) = WorkflowFixtures.parse(text) else {
            Issue.record("refused")
            return
        }
        #expect(warnings == [WorkflowProblem(pointer: "/parameters/3", "no node uses the parameter 'd'")])
    }
}
