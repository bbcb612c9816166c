import JSONText
import Testing
import WebCore

@Suite("Fields of a body")
struct ObjectReaderTests {
    private func reader(_ json: String) throws -> ObjectReader {
        ObjectReader(try JSONDocument(parsing: json).root)
    }

    private func problems(_ json: String, _ read: (inout ObjectReader) -> Void) throws -> [FieldProblem] {
        var fields = try reader(json)
        read(&fields)
        do {
            try fields.finish()
            return []
        } catch {
            #expect(error.code == .invalidFields)
            return error.errors
        }
    }

    @Test("fields are read by type")
    func values() throws {
        var fields = try reader(
            """
            {"type": "a.b", "priority": 9, "ratio": 0.5, "on": true, "tags": ["x", "y"], "run_at": "2026-01-02T03:04:05Z",
             "input": { "x" : [1, 2.0] }, "state": "queued", "nothing": null, "inner": {"a": 1}, "list": [{"a": 1}, {"a": 2}]}
            """)
        #expect(fields.requiredString("type", maxLength: 10) == "a.b")
        #expect(fields.optionalInt("priority", in: 0...9) == 9)
        #expect(fields.optionalDouble("ratio", in: 0...1) == 0.5)
        #expect(fields.optionalBool("on") == true)
        #expect(fields.optionalStrings("tags", maxCount: 2, maxLength: 1) == ["x", "y"])
        #expect(fields.optionalTime("run_at") == 1_767_323_045_000_000)
        #expect(fields.raw("input") == "{ \"x\" : [1, 2.0] }")
        #expect(fields.optionalString("state", oneOf: ["queued"]) == "queued")
        #expect(fields.optionalString("nothing") == nil)
        #expect(fields.optionalString("absent") == nil)
        #expect(fields.object("inner") { $0.requiredInt("a", in: 0...9) } == 1)
        #expect(fields.objects("list", maxCount: 2) { $0.requiredInt("a", in: 0...9) } == [1, 2])
        try fields.finish()
    }

    @Test("all problems of a body are in one answer, with pointers")
    func collects() throws {
        let problems = try problems(
            """
            {"type": 5, "priority": 10, "ratio": "x", "on": 1, "tags": ["x", 2], "run_at": "now", "state": "nope", "inner": [],
             "list": [{"a": "x"}, {"b": 1}], "wei/rd~": 1, "surplus": "TOPSECRET"}
            """
        ) { fields in
            _ = fields.requiredString("type")
            _ = fields.requiredString("name")
            _ = fields.optionalInt("priority", in: 0...9)
            _ = fields.optionalDouble("ratio", in: 0...1)
            _ = fields.optionalBool("on")
            _ = fields.optionalStrings("tags", maxCount: 5, maxLength: 5)
            _ = fields.optionalTime("run_at")
            _ = fields.optionalString("state", oneOf: ["queued"])
            _ = fields.object("inner") { $0.requiredInt("a", in: 0...9) }
            _ = fields.objects("list", maxCount: 5) { $0.requiredInt("a", in: 0...9) }
        }
        #expect(
            problems.map(\.pointer) == [
                "/type", "/name", "/priority", "/ratio", "/on", "/tags", "/run_at", "/state", "/inner", "/inner/a", "/list/0/a",
                "/list/1/a",
                "/list/1/b", "/wei~1rd~0", "/surplus",
            ])
        #expect(!problems.contains { $0.detail.contains("TOPSECRET") })
    }

    @Test("a required field may be neither absent nor null nor empty", arguments: ["{}", "{\"a\":null}", "{\"a\":\"\"}"])
    func required(_ json: String) throws {
        #expect(try problems(json) { _ = $0.requiredString("a") }.map(\.pointer) == ["/a"])
    }

    @Test("integers are exact", arguments: ["1.0", "1e0", "9223372036854775808", "\"1\"", "true", "-1", "10"])
    func integers(_ text: String) throws {
        #expect(try problems("{\"a\":\(text)}") { _ = $0.optionalInt("a", in: 0...9) }.map(\.pointer) == ["/a"])
    }

    @Test("lengths count characters, not bytes")
    func lengths() throws {
        #expect(try problems("{\"a\":\"ééé\"}") { _ = $0.requiredString("a", maxLength: 3) }.isEmpty)
        #expect(try problems("{\"a\":\"éééé\"}") { _ = $0.requiredString("a", maxLength: 3) }.count == 1)
        #expect(try problems("{\"a\":\"\"}") { _ = $0.requiredString("a", allowEmpty: true) }.isEmpty)
    }

    @Test("raw text is limited, and null is a value there")
    func raw() throws {
        #expect(try problems("{\"a\":[1,2,3]}") { _ = $0.raw("a", maxBytes: 6) }.map(\.pointer) == ["/a"])
        var fields = try reader("{\"a\":null}")
        #expect(fields.raw("a") == "null")
        try fields.finish()
        #expect(try problems("{\"a\":[]}") { _ = $0.rawObject("a") }.count == 1)
    }

    @Test("a body that is no object is a problem of the body", arguments: ["[]", "1", "\"x\"", "null"])
    func notAnObject(_ json: String) throws {
        #expect(try problems(json) { _ in } == [FieldProblem(pointer: "", detail: "must be an object")])
    }

    @Test("an answer lists a hundred problems at most, and long keys are cut")
    func bounded() throws {
        let many = "{" + (0..<500).map { "\"k\($0)\":1" }.joined(separator: ",") + "}"
        #expect(try problems(many) { _ in }.count == 100)
        let long = try problems("{\"\(String(repeating: "x", count: 5000))\":1}") { _ in }
        #expect(long.count == 1 && (long.first?.pointer.count ?? 0) < 200)
    }

    @Test("unknown fields can be kept instead")
    func unknownMembers() throws {
        var fields = try reader("{\"a\":1,\"b\":2,\"c\":3}")
        _ = fields.optionalInt("b", in: 0...9)
        #expect(fields.unknownMembers.map(\.key) == ["a", "c"])
    }
}
