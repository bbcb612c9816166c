import JSONText
import TaskEngine
import Testing

@Suite("Conditions")
struct ConditionTests {
    private func holds(_ text: String) throws -> Bool {
        try Condition(text).holds(with: ExpressionFixtures.values(outputs: ["scan": #"{"rows": 3, "ok": true, "at": "2026-01-02"}"#]))
    }

    @Test(
        "true conditions hold and their negations do not",
        arguments: [
            "true", "not false", "not not true", "null == null", "params.count == 3", "params.count == 3.0", "params.count == 30e-1",
            "3 == params.count", "params.count != \"3\"", "params.name == \"Ada\"", "params.name == \"\\u0041da\"",
            "${params.name} == \"Ada\"",
            "${ params.count } > 2", "params.count >= 3", "params.count <= 3", "params.count < 3.0000000000000000001", "params.count > -4",
            "params.ratio == 1.5", "params.big == 12345678901234567890123", "params.big > 12345678901234567890122", "-1 < 0", "-2 < -1",
            "0 == -0.0", "1e2 == 100", "0.001 == 1E-3", "1e400 > 1e399", "1e99999999999999999999 > 2", "0e9 == 0", "10 > 9", "0.1 < 0.12",
            "\"a\" < \"b\"", "\"a\" < \"aa\"", "\"Z\" < \"a\"", "params.flag", "params.flag == true", "not params.off",
            "not params.nothing",
            "not params.absent", "params.absent == null", "params.nothing == params.absent", "params.list[1] == \"two\"",
            "params.object == params.object", "params.list != params.object", "nodes.scan.output.rows > 2 and nodes.scan.output.ok",
            "nodes.skipped.output == null", "not nodes.skipped.output.deep.down", "nodes.scan.output.at >= \"2026-01-01\"",
            "exists(params.count)", "exists( ${params.count} )", "not exists(params.absent)", "not exists(params.nothing)",
            "not exists(params.list[9].x)", "not exists(nodes.skipped.output.x)", "exists(nodes.scan.output)", "exists(params.off)",
            "true or params.name.wrong", "not (false and params.name.wrong)", "exists(params.list[9]) and params.list[9] > 1 or true",
            "true or false and false", "not false and true", "not (true and false)", "(params.count > 1) == true", "run.id == 42",
            " ( true )\n\t", "true and true and true or false", "params[\"odd key\"][\"a.b\"] == \"deep\"",
        ])
    func truths(text: String) throws {
        #expect(try holds(text))
        #expect(try holds("not (\(text))") == false)
    }

    @Test("lists and objects are equal by their values, whatever the order of members and the spelling of numbers")
    func deepEquality() throws {
        let values = try ExpressionFixtures.values(
            params:
                #"{"a": {"x": [1, {"y": null}], "z": "é"}, "b": {"z": "\u00e9", "x": [1.0, {"y": null}]}, "c": {"z": "é", "x": [1, {"y": 0}]}, "d": {"x": []}, "e": {"x": [1]}}"#
        )
        #expect(
            try Condition("params.a == params.b and params.a != params.c and params.d != params.a and params.d != params.e").holds(
                with: values))
    }

    @Test(
        "a condition without a value says where and why",
        arguments: [
            ("params.name", 1, "true or false expected, this is a string; compare it with something"),
            ("true and params.count", 10, "true or false expected, this is a number; compare it with something"),
            ("not params.list", 5, "true or false expected, this is a list; compare it with something"),
            ("params.count < \"3\"", 14, "'<' compares two numbers or two strings, not a number with a string"),
            ("params.absent >= 3", 15, "'>=' compares two numbers or two strings, not null with a number"),
            ("params.flag > false", 13, "'>' compares two numbers or two strings, not true or false with true or false"),
            ("1 == 1 and params.object.c == 1", 12, "the object has no member 'c'"),
        ])
    func errors(text: String, column: Int, message: String) throws {
        let condition = try Condition(text)
        let error = #expect(throws: ExpressionError.self) { try condition.holds(with: ExpressionFixtures.values()) }
        #expect(error?.column == column && error?.expression == text)
        #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
    }

    @Test(
        "what cannot be read says where",
        arguments: [
            ("", 1, "the condition ends too early: a value expected"),
            ("params.x ==", 12, "the condition ends too early: a value expected"),
            ("params.x = 3", 10, "equality is written '=='"),
            ("params.x == 'a'", 13, "strings stand in double quotes"),
            ("1 < 2 < 3", 7, "comparisons do not chain: join two with 'and'"),
            ("(true", 6, "')' expected"),
            ("true)", 5, "'and', 'or', a comparison or the end expected"),
            ("true true", 6, "'and', 'or', a comparison or the end expected"),
            ("true && false", 6, "'and', 'or', a comparison or the end expected"),
            ("!true", 1, "a value expected"),
            ("and true", 1, "a value expected before 'and'"),
            ("params.x + 1 == 2", 10, "'and', 'or', a comparison or the end expected"),
            ("count(params.x)", 1, "'count' is not known: a reference begins with params., nodes., run.id, item, index or secrets."),
            ("exists params.x", 8, "'(' expected, as in exists(params.name)"),
            ("exists(3)", 8, "a reference begins with params., nodes., run.id, item, index or secrets."),
            ("exists(params.x, params.y)", 16, "')' expected: exists takes one reference"),
            ("01 == 1", 1, "not a number as JSON writes it"),
            ("1. == 1", 1, "not a number as JSON writes it"),
            ("params.x == -", 13, "not a number as JSON writes it"),
            ("params.x == \"a", 13, "the string that begins here is not closed"),
            ("params.x == [1]", 13, "a value expected"),
            ("True", 1, "'True' is not known: a reference begins with params., nodes., run.id, item, index or secrets."),
            ("${params.x > 1}", 12, "'}' expected: only a reference may stand in ${…}"),
            ("not", 4, "the condition ends too early: a value expected"),
        ])
    func unreadable(text: String, column: Int, message: String) {
        let error = #expect(throws: ExpressionError.self) { try Condition(text) }
        #expect(error?.column == column && error?.message == message, "\(error?.description ?? "")")
    }

    @Test("words that begin like an operator are names")
    func words() throws {
        let values = try ExpressionFixtures.values(params: #"{"and": true, "not-it": 1, "orders": 2}"#)
        #expect(try Condition("params.and and params.not-it == 1 and params.orders==2").holds(with: values))
    }

    @Test("length and nesting are limited, and no text within the limits needs a deep stack")
    func limits() throws {
        let deepest = Condition.deepestNesting
        func nested(_ depth: Int) -> String { String(repeating: "(", count: depth) + "true" + String(repeating: ")", count: depth) }
        #expect(try holds(nested(deepest)))
        let error = #expect(throws: ExpressionError.self) { try Condition(nested(deepest + 1)) }
        #expect(error?.message == "parentheses nest at most 32 deep" && error?.column == 33)
        #expect(try holds(Array(repeating: "(true)", count: 100).joined(separator: " and ")), "they count while they are open")
        #expect(try holds(String(repeating: "true and ", count: 400) + "true"))
        #expect(try holds(String(repeating: "false or ", count: 400) + "true"))
        #expect(try holds(String(repeating: "not ", count: 1000) + "true"))
        #expect(try holds(String(repeating: "not ", count: 999) + "false"))
        let references = Array(repeating: "params.flag", count: 64).joined(separator: " and ")
        #expect(try holds(references))
        let tooMany = #expect(throws: ExpressionError.self) { try Condition(references + " or exists(params.x)") }
        #expect(tooMany?.column == references.count + 12 && tooMany?.message == "a condition has at most 64 references")
        let long = String(repeating: " ", count: Condition.longestText) + "true"
        #expect(throws: ExpressionError.self) { try Condition(long) }
        #expect(try holds(String(long.dropFirst(4))))
    }

    @Test("random texts are read or refused, never more")
    func randomTexts() throws {
        let pieces = [
            "(", ")", "and ", "or ", "not ", "exists(", "params.a", "params.b[0]", "nodes.x.output", "==", "!=", "<", ">=", "1", "-2.5",
            "\"s\"",
            "null", "true", "${", "}", " ", "é", ".", "[", "\"", "=",
        ]
        let seed = UInt64.random(in: 0 ... .max)
        print("seed of random conditions: \(seed)")
        var random = WorkflowRandom(seed: seed)
        var held = 0
        let values = try ExpressionFixtures.values(params: #"{"a": 1, "b": [true]}"#)
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 1...9, using: &random)).map { _ in pieces.randomElement(using: &random) ?? "" }.joined(
                separator: " ")
            do {
                if try Condition(text).holds(with: values) { held += 1 }
            } catch {
                #expect((1...text.unicodeScalars.count + 1).contains(error.column), "\(error)")
            }
        }
        #expect(held > 0)
    }

    @Test("a condition tells what it reads")
    func references() throws {
        let condition = try Condition("exists(nodes.b.output.x) and ${nodes.a.output} == params.c or nodes.b.output")
        #expect(condition.nodes == ["b", "a"])
        #expect(condition.references.map(\.text) == ["nodes.b.output.x", "nodes.a.output", "params.c", "nodes.b.output"])
    }
}
