import JSONText
import TaskEngine
import TestSupport
import Testing

@Suite("Schema and page of workflow definitions")
struct WorkflowSchemaTests {
    /// What the schema says about a text, which must use no keyword that the validator does not know.
    private func schemaAccepts(_ text: String) throws -> Bool {
        var validator = try SchemaValidator(RepositoryFiles.text("docs/workflow.schema.json"))
        let isAccepted = validator.accepts(try JSONDocument(parsing: text).root)
        #expect(validator.unknownKeywords.isEmpty)
        return isAccepted
    }

    private func parserAccepts(_ text: String) -> Bool {
        if case .accepted = WorkflowFixtures.parse(text) { true } else { false }
    }

    /// The contents of the page's blocks in a language.
    private func blocks(_ language: String) throws -> [String] {
        try RepositoryFiles.text("docs/workflows.md").components(between: "```\(language)\n", and: "```")
    }

    @Test(
        "schema and parser take the same definitions",
        arguments: [
            WorkflowFixtures.everything, #"{"name":"w","nodes":[{"id":"a","task":"t"}]}"#,
            #"{"name":"w","description":null,"timeout_ms":null,"parameters":null,"dependencies":null,"nodes":[{"id":"a","task":"t","depends_on":null,"when":null,"queue":null,"retry":null,"foreach":null}]}"#,
            #"{"name":"9.a-_","nodes":[{"id":".-_9","task":"t","input":null},{"id":"b","task":"x y","input":[1,"$${"]}],"dependencies":{"b":[".-_9"]}}"#,
            #"{"name":"w","nodes":[{"id":"a","sleep":{"ms":0}},{"id":"b","wait_event":{"name":"e","timeout_ms":0}},{"id":"c","workflow":{"name":"w@1","params":null}}]}"#,
            #"{"name":"w","nodes":[{"id":"a","task":"t","foreach":[],"concurrency":10000,"priority":0,"timeout_ms":2592000000,"retry":{}}]}"#,
        ])
    func accepted(text: String) throws {
        #expect(parserAccepts(text), "\(WorkflowFixtures.problems(text))")
        #expect(try schemaAccepts(text))
    }

    @Test(
        "schema and parser refuse the same mistakes of form",
        arguments: [
            #"[]"#, #"{}"#, #"{"name":"w"}"#, #"{"nodes":[{"id":"a","task":"t"}]}"#, #"{"name":"w","nodes":[]}"#,
            #"{"name":"w","nodes":{}}"#,
            #"{"name":"","nodes":[{"id":"a","task":"t"}]}"#, #"{"name":"-w","nodes":[{"id":"a","task":"t"}]}"#,
            #"{"name":"w@1","nodes":[{"id":"a","task":"t"}]}"#, #"{"name":1,"nodes":[{"id":"a","task":"t"}]}"#,
            #"{"name":"w","x":1,"nodes":[{"id":"a","task":"t"}]}"#, #"{"name":"w","timeout_ms":0,"nodes":[{"id":"a","task":"t"}]}"#,
            #"{"name":"w","timeout_ms":"1","nodes":[{"id":"a","task":"t"}]}"#, #"{"name":"w","nodes":[1]}"#,
            #"{"name":"w","nodes":[{"id":"a"}]}"#,
            #"{"name":"w","nodes":[{"task":"t"}]}"#, #"{"name":"w","nodes":[{"id":"a b","task":"t"}]}"#,
            #"{"name":"w","nodes":[{"id":"a","task":""}]}"#, #"{"name":"w","nodes":[{"id":"a","task":"t","sleep":{"ms":1}}]}"#,
            #"{"name":"w","nodes":[{"id":"a","task":"t","x":1}]}"#, #"{"name":"w","nodes":[{"id":"a","task":"t","priority":10}]}"#,
            #"{"name":"w","nodes":[{"id":"a","task":"t","retry":{"x":1}}]}"#,
            #"{"name":"w","nodes":[{"id":"a","task":"t","retry":{"max_retries":1001}}]}"#,
            #"{"name":"w","nodes":[{"id":"a","task":"t","on_failure":"stop"}]}"#,
            #"{"name":"w","nodes":[{"id":"a","task":"t","when":true}]}"#,
            #"{"name":"w","nodes":[{"id":"a","task":"t","depends_on":"b"}]}"#,
            #"{"name":"w","nodes":[{"id":"a","task":"t","depends_on":[1]}]}"#,
            #"{"name":"w","nodes":[{"id":"a","task":"t","foreach":{}}]}"#,
            #"{"name":"w","nodes":[{"id":"a","task":"t","foreach":[1],"concurrency":0}]}"#,
            #"{"name":"w","nodes":[{"id":"a","sleep":{}}]}"#, #"{"name":"w","nodes":[{"id":"a","sleep":{"ms":-1}}]}"#,
            #"{"name":"w","nodes":[{"id":"a","sleep":{"ms":1},"input":{}}]}"#, #"{"name":"w","nodes":[{"id":"a","wait_event":{}}]}"#,
            #"{"name":"w","nodes":[{"id":"a","wait_event":{"name":"x","at":1}}]}"#,
            #"{"name":"w","nodes":[{"id":"a","workflow":{"name":"w@0"}}]}"#,
            #"{"name":"w","nodes":[{"id":"a","workflow":{"name":"w","params":[]}}]}"#, #"{"name":"w","nodes":[{"id":"a","workflow":"w"}]}"#,
            #"{"name":"w","nodes":[{"id":"a","task":"t"}],"dependencies":[]}"#,
            #"{"name":"w","nodes":[{"id":"a","task":"t"}],"dependencies":{"a":"b"}}"#,
            #"{"name":"w","nodes":[{"id":"a","task":"t"}],"parameters":{}}"#,
            #"{"name":"w","nodes":[{"id":"a","task":"t"}],"parameters":[{"name":"p"}]}"#,
            #"{"name":"w","nodes":[{"id":"a","task":"t"}],"parameters":[{"name":"p","type":"int"}]}"#,
            #"{"name":"w","nodes":[{"id":"a","task":"t"}],"parameters":[{"name":"1p","type":"array"}]}"#,
            #"{"name":"w","nodes":[{"id":"a","task":"t"}],"parameters":[{"name":"p","type":"array","required":"yes"}]}"#,
        ])
    func refused(text: String) throws {
        #expect(!parserAccepts(text))
        #expect(try !schemaAccepts(text))
    }

    @Test("the definitions on the page are right, by schema and by parser")
    func examples() throws {
        // Answers on the page are JSON too.
        let examples = try blocks("json").filter { !$0.contains("\"workflow_run_id\"") }
        #expect(examples.count == 3)
        for example in examples {
            #expect(parserAccepts(example), "\(WorkflowFixtures.problems(example))")
            #expect(try schemaAccepts(example))
        }
    }

    @Test("the shapes on the page are one workflow, and the Swift on the page is what stands here")
    func shapes() throws {
        let workflow = DocumentedWorkflow.scan
        let examples = try blocks("json")
        let swift = try WorkflowFixtures.plan(workflow.text).definition
        #expect(try WorkflowFixtures.plan(examples[0]).definition.text == swift.text)
        #expect(try WorkflowFixtures.plan(examples[1]).definition.text == swift.text)
        let shown = try #require(try blocks("swift").first).components(between: "let scan = ", and: "tasks.register(scan)")
        let source = try RepositoryFiles.text("Tests/TaskEngineTests/Workflows/Schema/DocumentedWorkflow.swift")
        let compiled = try #require(source.components(between: "static let scan = ", and: "\n}\n").first)
        #expect(shown.map(words) == [words(compiled)])
    }

    /// A text without what formatting changes.
    private func words(_ text: String) -> String { text.filter { !$0.isWhitespace } }
}

extension String {
    /// The texts between two others, in order.
    fileprivate func components(between start: String, and end: String) -> [String] {
        ranges(of: start).map { range in
            let rest = self[range.upperBound...]
            return String(rest[..<(rest.firstRange(of: end)?.lowerBound ?? rest.endIndex)])
        }
    }
}
