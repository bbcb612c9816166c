import JSONText
import TaskEngine
import Testing

@Suite("Workflow definitions")
struct WorkflowDefinitionTests {
    @Test("every field is read")
    func everything() throws {
        let definition = try WorkflowFixtures.plan(WorkflowFixtures.everything).definition
        #expect(definition.name == "security-scan" && definition.description == "Scans and reports")
        #expect(definition.timeoutMilliseconds == 7_200_000)
        #expect(definition.parameters.map(\.name) == ["target", "depth", "options"])
        #expect(definition.parameters.map(\.type) == [.string, .integer, .object])
        #expect(definition.parameters.map(\.isRequired) == [true, false, false])
        #expect(definition.parameters.map(\.defaultText) == [nil, "2", #"{"b":1.50,"a":[true,null]}"#])
        let nodes = definition.nodes
        #expect(nodes.map(\.id) == ["scan", "hosts", "approve", "pause", "report"])
        let scan = try #require(nodes[0].task)
        #expect(scan.type == "scan.run" && scan.queue == "default" && scan.priority == 3 && scan.foreach == nil)
        #expect(scan.retry == .init(maxRetries: 5, baseMilliseconds: 1000, capMilliseconds: 60000))
        #expect(scan.softTimeoutMilliseconds == 50000 && scan.timeoutMilliseconds == 60000)
        let hosts = try #require(nodes[1].task)
        #expect(hosts.foreach?.wholeReference?.text == "nodes.scan.output.hosts" && hosts.concurrency == 8 && hosts.retry == .unsaid)
        #expect(nodes[1].onFailure == .continue && nodes[0].onFailure == .fail)
        #expect(nodes[2].when?.nodes == ["scan"])
        guard case .waitEvent("approved", 3_600_000) = nodes[2].kind, case .sleep(5000) = nodes[3].kind,
            case .workflow("report", 3, let params) = nodes[4].kind
        else {
            Issue.record("wrong kinds: \(nodes.map(\.kind))")
            return
        }
        #expect(params.nodes == ["hosts"])
    }

    @Test("the text of a definition is itself a definition with the same text and digest")
    func roundTrip() throws {
        let definition = try WorkflowFixtures.plan(WorkflowFixtures.everything).definition
        let again = try WorkflowFixtures.plan(definition.text).definition
        #expect(again.text == definition.text && again.digest == definition.digest && again == definition)
        #expect(definition.digest.utf8.count == 64)
        #expect(
            definition.text.hasPrefix(
                #"{"name":"security-scan","description":"Scans and reports","timeout_ms":7200000,"parameters":[{"name":"target","type":"string","required":true,"#
            ))
    }

    @Test("parents at the nodes and parents beside them are the same definition")
    func bothShapes() throws {
        let inside =
            #"{"name": "d", "nodes": [{"id": "a", "task": "t"}, {"id": "b", "task": "t", "depends_on": ["a"]}, {"id": "c", "task": "t", "depends_on": ["a", "b"]}]}"#
        let beside =
            #"{"name": "d", "nodes": [{"id": "a", "task": "t"}, {"id": "b", "task": "t"}, {"id": "c", "task": "t"}], "dependencies": {"c": ["a", "b"], "b": ["a"], "a": []}}"#
        let mixed =
            #"{"name": "d", "nodes": [{"id": "a", "task": "t"}, {"id": "b", "task": "t", "depends_on": ["a"]}, {"id": "c", "task": "t", "depends_on": ["a", "a"]}], "dependencies": {"c": ["a", "b"]}}"#
        let plans = try [inside, beside, mixed].map { try WorkflowFixtures.plan($0) }
        for plan in plans {
            #expect(plan.definition == plans[0].definition && plan.definition.text == plans[0].definition.text)
            #expect(plan.parents == [[], [0], [0, 1]])
        }
    }

    @Test(
        "what means the same has the same digest",
        arguments: [
            #"{"name":"w","nodes":[{"id":"a","task":"t","input":{"x":1,"y":["é"]}},{"id":"b","task":"t","depends_on":["a"]}]}"#,
            #"{ "nodes" : [ {"task":"t","id":"a", "input": { "y" : ["\u00e9"], "x": 1 } }, {"id":"b","depends_on":["a"],"task":"t", "priority": null} ], "name":"w"}"#,
            #"{"name":"w","parameters":[],"nodes":[{"id":"a","task":"t","input":{"x":1,"y":["é"]},"on_failure":"fail"},{"id":"b","task":"t","input":{}}],"dependencies":{"b":["a"]}}"#,
        ])
    func sameDigest(text: String) throws {
        let one = #"{"name":"w","nodes":[{"id":"a","task":"t","input":{"x":1,"y":["é"]}},{"id":"b","task":"t","depends_on":["a"]}]}"#
        #expect(try WorkflowFixtures.plan(text).definition.digest == WorkflowFixtures.plan(one).definition.digest)
    }

    @Test(
        "what means something else has another digest",
        arguments: [
            #"{"name":"v","nodes":[{"id":"a","task":"t","input":{"x":1}}]}"#,
            #"{"name":"w","nodes":[{"id":"a","task":"t","input":{"x":1.0}}]}"#,
            #"{"name":"w","nodes":[{"id":"a","task":"t","input":{"x":"1"}}]}"#,
            #"{"name":"w","nodes":[{"id":"a","task":"t","input":{"x":1},"priority":5}]}"#,
            #"{"name":"w","nodes":[{"id":"a","task":"t","input":{"x":1},"on_failure":"continue"}]}"#,
            #"{"name":"w","description":"d","nodes":[{"id":"a","task":"t","input":{"x":1}}]}"#,
            #"{"name":"w","nodes":[{"id":"a","task":"t","input":{"x":1}}],"parameters":[{"name":"p","type":"string"}]}"#,
        ])
    func otherDigest(text: String) throws {
        let one = #"{"name":"w","nodes":[{"id":"a","task":"t","input":{"x":1}}]}"#
        #expect(try WorkflowFixtures.plan(text).definition.digest != WorkflowFixtures.plan(one).definition.digest)
    }

    @Test("the order in which parents are named means nothing")
    func parentOrder() throws {
        func definition(_ parents: [String]) throws -> WorkflowDefinition {
            try WorkflowFixtures.plan(WorkflowFixtures.text([("a", []), ("b", []), ("c", parents)])).definition
        }
        #expect(try definition(["a", "b"]) == definition(["b", "a"]))
        #expect(try definition(["a", "b"]).text != definition(["b", "a"]).text)
        #expect(try definition(["a", "b"]) != definition(["a"]))
    }

    @Test("the digest is SHA-256 of the text when nothing in it could be written otherwise")
    func digest() throws {
        let definition = try WorkflowFixtures.plan(#"{"nodes":[{"id":"a","task":"t"}],"name":"w"}"#).definition
        #expect(definition.text == #"{"name":"w","nodes":[{"id":"a","task":"t"}]}"#)
        // printf '%s' '…' | sha256sum
        #expect(definition.digest == "3da2f878dd6b98cfd8e98e108cfddb2347355c984fa3ff33451ead5490650e89")
    }

    @Test(
        "a workflow is named alone or with a version",
        arguments: [
            ("scan", "scan", nil), ("scan@3", "scan", 3), ("a.b-c_1@999999999", "a.b-c_1", 999_999_999), ("", nil, nil), ("@1", nil, nil),
            ("scan@", nil, nil), ("scan@0", nil, nil), ("scan@-1", nil, nil), ("scan@1.0", nil, nil), ("scan@1@2", nil, nil),
            ("a b", nil, nil),
            ("scan@9999999999", nil, nil), ("a/b", nil, nil), (".hidden", nil, nil), ("scan@١", nil, nil),
        ] as [(String, String?, Int?)])
    func names(text: String, name: String?, version: Int?) {
        let parsed = WorkflowName(text)
        #expect(parsed?.name == name && parsed?.version == version)
        if name != nil { #expect(parsed?.description == text) }
    }
}
