import JSONText
import TaskEngine
import Testing

@Suite("Parameters of a run")
struct RunParamsTests {
    private static let text = #"""
        {"name": "w", "nodes": [{"id": "a", "task": "t"}], "parameters": [
          {"name": "s", "type": "string", "required": true}, {"name": "i", "type": "integer", "default": 3}, {"name": "n", "type": "number"},
          {"name": "b", "type": "boolean"}, {"name": "o", "type": "object", "default": { "k": [1.0] }}, {"name": "l", "type": "array"}]}
        """#

    private func check(_ params: String?, _ definition: String = text) throws -> RunParams {
        try WorkflowFixtures.plan(definition).definition.checkParams(try params.map { try JSONDocument(parsing: $0).root })
    }

    @Test(
        "given values are kept as written, defaults stand in for the rest",
        arguments: [
            (#"{"s": "x"}"#, #"{"s":"x","i":3,"o":{"k":[1.0]}}"#),
            (
                #"{"l": [ 1, 2 ], "o": {"z": 1, "a": 2}, "b": false, "n": 1e3, "i": 12345678901234567890123, "s": "\u0041"}"#,
                #"{"s":"\u0041","i":12345678901234567890123,"n":1e3,"b":false,"o":{"z":1,"a":2},"l":[1,2]}"#
            ),
            (#"{"s": "", "i": null, "n": null}"#, #"{"s":"","i":3,"o":{"k":[1.0]}}"#),
            (#"{"s": "x", "n": 5, "i": -0}"#, #"{"s":"x","i":-0,"n":5,"o":{"k":[1.0]}}"#),
        ])
    func accepted(params: String, expected: String) throws {
        guard case .accepted(let text) = try check(params) else {
            Issue.record("refused")
            return
        }
        #expect(text == expected)
    }

    @Test("everything that is wrong is listed with its place")
    func refused() throws {
        guard case .refused(let problems) = try check(#"{"i": 1.5, "n": "1", "b": 0, "o": [], "l": {}, "x/y": 1}"#) else {
            Issue.record("accepted")
            return
        }
        #expect(
            problems.map { "\($0.pointer): \($0.detail)" } == [
                "/x~1y: is no parameter of workflow 'w'; it has s, i, n, b, o, l", "/s: is required by workflow 'w': a string",
                "/i: must be an integer", "/n: must be a number", "/b: must be true or false", "/o: must be an object",
                "/l: must be a list",
            ])
    }

    @Test("a required parameter cannot be null, and parameters are an object")
    func nulls() throws {
        for params in [#"{"s": null}"#, nil, "{}"] {
            guard case .refused(let problems) = try check(params) else {
                Issue.record("accepted")
                return
            }
            #expect(problems.map(\.pointer) == ["/s"])
        }
        guard case .refused(let problems) = try check("[]") else {
            Issue.record("accepted")
            return
        }
        #expect(problems == [WorkflowProblem(pointer: "", "must be an object")])
    }

    @Test("a workflow without parameters takes none")
    func none() throws {
        let text = #"{"name": "w", "nodes": [{"id": "a", "task": "t"}]}"#
        guard case .accepted("{}") = try check(nil, text), case .accepted("{}") = try check("{}", text),
            case .refused(let problems) = try check(#"{"a": 1}"#, text)
        else {
            Issue.record("wrong")
            return
        }
        #expect(problems == [WorkflowProblem(pointer: "/a", "is no parameter of workflow 'w', which has none")])
    }
}
