import JSONText
import TaskEngine
import Testing

@Suite("Templates")
struct TemplateTests {
    @Test(
        "a value that is only a reference keeps its JSON type and its digits",
        arguments: [
            ("${params.name}", #""Ada""#), ("${params.count}", "3"), ("${params.big}", "12345678901234567890123"),
            ("${params.ratio}", "1.50"),
            ("${params.flag}", "true"), ("${params.nothing}", "null"), ("${params.absent}", "null"),
            ("${params.list}", #"[1, "two", {"three": 3}]"#),
            ("${params.list[2].three}", "3"), ("${params.object.a}", "[ ]"), ("${ params.name }", #""Ada""#), ("${run.id}", "42"),
            (#"${params["odd key"]["a.b"]}"#, #""deep""#), ("${nodes.scan.output.rows[0]}", "[7]"),
            ("${nodes.skipped.output.a.b[9]}", "null"),
            ("${nodes.scan.output.gone.deeper}", "null"), (#"${nodes["a.b"].output}"#, "1e400"),
        ])
    func wholeValues(expression: String, expected: String) throws {
        let values = try ExpressionFixtures.values(outputs: ["scan": #"{"rows": [[7]], "gone": null}"#, "a.b": "1e400"])
        var writer = JSONWriter()
        writer.object { $0.field("x", expression) }
        #expect(try ExpressionFixtures.template(writer.text).resolve(with: values) == "{\"x\":\(expected)}")
    }

    @Test(
        "inside other text a string is inserted as it is, all else as JSON",
        arguments: [
            (#""Hello ${params.name}!""#, #""Hello Ada!""#),
            (#""${params.name}${params.name}""#, #""AdaAda""#),
            (#""${params.name} ""#, #""Ada ""#),
            (#""he ${params.quote}""#, #""he say \"hi\"\né""#),
            (#""${params.count}/${params.ratio}/${params.flag}/${params.nothing}""#, #""3/1.50/true/null""#),
            (#""x=${params.object}""#, #""x={\"b\": 1, \"a\": [ ]}""#),
            (#""\u0301${params.name}\u0301""#, "\"\u{301}Ada\u{301}\""),
        ])
    func insertedValues(template: String, expected: String) throws {
        #expect(try ExpressionFixtures.template(template).resolve(with: ExpressionFixtures.values()) == expected)
    }

    @Test(
        "what has no reference keeps its bytes",
        arguments: [
            (#"{ "a" : [ 1.0 , 2e3, "\u0041 $ {x} $$" ], "a b": { } }"#, #"{"a":[1.0,2e3,"\u0041 $ {x} $$"],"a b":{}}"#),
            (#""$""#, #""$""#), (#""\\${""#.replacing("${", with: "$"), #""\\$""#), ("null", "null"), ("[]", "[]"),
        ])
    func literals(template: String, expected: String) throws {
        let template = try ExpressionFixtures.template(template)
        #expect(template.isStatic && template.staticText == expected)
        #expect(try template.resolve(with: ExpressionFixtures.values()) == expected)
    }

    @Test("two dollars before the brace stand for one and make no reference")
    func escape() throws {
        let template = try ExpressionFixtures.template(#"["$${params.name}", "$${params.x} is ${params.name}", "$$${params.name}"]"#)
        #expect(try template.resolve(with: ExpressionFixtures.values()) == #"["${params.name}","${params.x} is Ada","$${params.name}"]"#)
        #expect(template.uses.count == 1)
        #expect(try ExpressionFixtures.template(#""$${x}""#).isStatic)
    }

    @Test("the element and its position fill a template for each task of a foreach")
    func elements() throws {
        let template = try ExpressionFixtures.template(
            ##"{"host": "${item.host}", "all": "${item}", "n": "${index}", "label": "#${index}"}"##)
        let values = try ExpressionFixtures.values(item: #"{"host": "a"}"#, index: 4)
        #expect(try template.resolve(with: values) == ##"{"host":"a","all":{"host": "a"},"n":4,"label":"#4"}"##)
        let error = #expect(throws: ExpressionError.self) { try template.resolve(with: ExpressionFixtures.values()) }
        #expect(error?.description == "${item.host}, column 3: item exists in a foreach node only")
    }

    @Test("secrets are strings, also when they look like something else")
    func secrets() throws {
        let values = try ExpressionFixtures.values(secrets: ["TOKEN": "123\""])
        #expect(
            try ExpressionFixtures.template(#"["${secrets.TOKEN}", "Bearer ${secrets.TOKEN}"]"#).resolve(with: values)
                == #"["123\"","Bearer 123\""]"#)
        let error = #expect(throws: ExpressionError.self) { try ExpressionFixtures.template(#""${secrets.OTHER}""#).resolve(with: values) }
        #expect(error?.message == "there is no secret 'OTHER'")
    }

    @Test(
        "a reference that leads nowhere says where and why, and never quotes a value",
        arguments: [
            ("${params.name.first}", 3, "'first' is looked for in a string"),
            ("${params.list.first}", 3, "'first' is looked for in a list"),
            ("${params.object[0]}", 3, "[0] is looked for in an object"),
            ("n: ${params.object.c}", 6, "the object has no member 'c'"),
            (#"${params.object["c d"]}"#, 3, "the object has no member 'c d'"),
            ("${params.list[3]}", 3, "the list has no element [3]"),
        ])
    func unresolved(expression: String, column: Int, message: String) throws {
        var writer = JSONWriter()
        writer.array { $0.value(expression) }
        let template = try ExpressionFixtures.template(writer.text)
        let error = #expect(throws: ExpressionError.self) { try template.resolve(with: ExpressionFixtures.values()) }
        #expect(error?.expression == expression && error?.column == column)
        #expect(error?.message.hasPrefix(message) == true, "\(error?.message ?? "")")
        #expect(error?.sentence(node: "scan").hasPrefix("node 'scan': \(expression), column \(column): ") == true)
    }

    @Test(
        "what cannot be read says in which string and where",
        arguments: [
            (#"{"a": ["x ${params.}"]}"#, "a/0 | 12 | a name expected behind the dot; other names are written [\"…\"]"),
            (#""${params}""#, " | 9 | a name expected, as in params.name"),
            (#""${param.x}""#, " | 3 | 'param' is not known: a reference begins with params., nodes., run.id, item, index or secrets."),
            (#""${}""#, " | 3 | a reference begins with params., nodes., run.id, item, index or secrets."),
            (#""${params.x""#, " | 1 | the '${' that begins here is not closed; write '$${' for the characters themselves"),
            (#""${params.x + 1}""#, " | 12 | '}' expected: only a reference may stand in ${…}"),
            (#""${nodes.a}""#, " | 10 | '.output' expected: a node has nothing else that can be referred to"),
            (#""${nodes.a.outputs}""#, " | 17 | '.output' expected: a node has nothing else that can be referred to"),
            (#""${run.key}""#, " | 6 | '.id' expected: a run has nothing else that can be referred to"),
            (#""${run.id.x}""#, " | 9 | run.id is a plain value: nothing is inside it"),
            (#""${index[0]}""#, " | 8 | index is a plain value: nothing is inside it"),
            (#""${secrets.A.b}""#, " | 12 | secrets.A is a plain value: nothing is inside it"),
            (#""${params[0]}""#, " | 9 | a name expected, as in params.name"),
            (#""${params.x[-1]}""#, " | 12 | a position from 0 or a name in double quotes expected"),
            (#""${params.x[1}""#, " | 13 | ']' expected"),
            (#""${params[\"x]}""#, " | 10 | the string that begins here is not closed"),
            (#""${params[\"\\q\"]}""#, " | 10 | the string that begins here has an escape that JSON does not know"),
            (#"{"${params.x}": 1}"#, "${params.x} | 1 | a reference cannot name a member; use it in the member's value"),
        ])
    func unreadable(template: String, expected: String) throws {
        #expect(try ExpressionFixtures.faults(template) == [expected])
    }

    @Test("all faults of a template are found at once")
    func manyFaults() throws {
        #expect(try ExpressionFixtures.faults(#"{"a": "${x}", "b": [1, "${params.ok}", "${"]}"#).map { $0.prefix(4) } == ["a | ", "b/2 "])
    }

    @Test("columns count characters, not bytes")
    func columns() throws {
        #expect(try ExpressionFixtures.faults(#""é😀 ${x}""#).first?.hasPrefix(" | 6 | ") == true)
    }

    @Test("a text that grows beyond the limit is refused where it does")
    func tooLong() throws {
        let values = try ExpressionFixtures.values(params: "{\"x\": \"\(String(repeating: "x", count: 1000))\"}")
        let template = try ExpressionFixtures.template(#"["${params.x}", "and ${params.x}"]"#)
        #expect(try template.resolve(with: values, maxBytes: 2100).utf8.count == 2011)
        let error = #expect(throws: ExpressionError.self) { try template.resolve(with: values, maxBytes: 1500) }
        #expect(error?.column == 7)
    }

    @Test("limits hold: steps of a reference, characters of a string with references")
    func limits() throws {
        let steps = String(repeating: ".a", count: 64)
        #expect(try ExpressionFixtures.faults("\"${params.x\(steps)}\"").isEmpty)
        #expect(try ExpressionFixtures.faults("\"${params.x\(steps).a}\"").first?.contains("at most 64 steps") == true)
        let many = "[" + Array(repeating: "\"${run.id}\"", count: 1000).joined(separator: ",")
        #expect(try ExpressionFixtures.faults(many + "]").isEmpty)
        #expect(
            try ExpressionFixtures.faults(many + #", "a ${run.id}"]"#)
                == ["1000 | 5 | one value has at most 1000 references; refer to what holds them all"])
        let long = String(repeating: "x", count: 70_000)
        #expect(try ExpressionFixtures.faults("\"\(long)\"").isEmpty)
        let fault = try #require(Template.parse(ExpressionFixtures.json("\"\(long)${run.id}\"")).faults.first)
        #expect(fault.error.message == "a string with references has at most 65536 characters")
        #expect(fault.error.expression.unicodeScalars.count == 201)
    }

    @Test("a template becomes a list of elements, or says why not")
    func lists() throws {
        func elements(_ template: String, most: Int = 10_000) throws -> [String] {
            try ExpressionFixtures.template(template).elements(with: ExpressionFixtures.values(), most: most).map(\.rawText)
        }
        #expect(try elements(#""${params.list}""#) == ["1", #""two""#, #"{"three": 3}"#])
        #expect(try elements(#"[1, "${params.count}", "n${params.count}"]"#) == ["1", "3", #""n3""#])
        #expect(try elements("[]").isEmpty)
        func error(_ template: String, most: Int = 10_000) -> String? {
            #expect(throws: ExpressionError.self) { try elements(template, most: most) }?.description
        }
        #expect(error(#""${params.object}""#) == "${params.object}, column 3: a list expected, this is an object")
        #expect(error(#""${params.absent}""#) == "${params.absent}, column 3: a list expected, this is null")
        #expect(error(#""${params.list}""#, most: 2) == "${params.list}, column 3: the list has 3 elements, at most 2 are allowed")
        #expect(error("[1, 2]", most: 1) == "[1,2], column 1: the list has 2 elements, at most 1 are allowed")
    }

    @Test("a template tells what it reads")
    func uses() throws {
        let template = try ExpressionFixtures.template(
            #"{"a": ["${nodes.b.output.x} ${nodes.a.output}", "${nodes.b.output}"], "p": "${params.x[1].y}"}"#)
        #expect(template.nodes == ["b", "a"])
        #expect(template.uses.map(\.reference.text) == ["nodes.b.output.x", "nodes.a.output", "nodes.b.output", "params.x[1].y"])
        #expect(template.uses.map(\.path) == [["a", "0"], ["a", "0"], ["a", "1"], ["p"]])
        #expect(template.wholeReference == nil)
        #expect(try ExpressionFixtures.template(#""${params.x}""#).wholeReference?.text == "params.x")
        #expect(try ExpressionFixtures.template(#""${params.x} ""#).wholeReference == nil)
        #expect(try ExpressionFixtures.template(#"["${params.x}"]"#).wholeReference == nil)
    }
}
