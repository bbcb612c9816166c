import JSONText
import Testing

@Suite("JSON values")
struct JSONValueTests {
    @Test("members and elements keep their order and their bytes")
    func structure() throws {
        let text = " {\"b\" : [ 1, \"x\" ,{}], \"a\":{ \"deep\" : true }, \"n\":null } "
        let root = try JSONDocument(parsing: text).root
        #expect(root.kind == .object)
        #expect(root.members.map(\.key) == ["b", "a", "n"])
        #expect(root.members.map(\.value.rawText) == ["[ 1, \"x\" ,{}]", "{ \"deep\" : true }", "null"])
        #expect(root["b"]?.elements.map(\.kind) == [.number, .string, .object])
        #expect(root["a"]?["deep"]?.bool == true)
        #expect(root["n"]?.isNull == true)
        #expect(root["missing"] == nil)
        #expect(root.elements.isEmpty)
        #expect(root["b"]?.members.isEmpty == true)
        #expect(root["b"]?.offset == 8)
    }

    @Test(
        "escapes are decoded",
        arguments: [
            ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\u{8}\u{C}\n\r\t"), ("\"\\u00e9\\u20AC\"", "é€"),
            ("\"x\\uD834\\uDD1Ey\"", "x\u{1D11E}y"),
            ("\"\\uDBFF\\uDFFF\"", "\u{10FFFF}"), ("\"\\u0000\"", "\0"), ("\"\\uFFFF\"", "\u{FFFF}"), ("\"plain é\"", "plain é"),
        ])
    func strings(_ text: String, expected: String) throws {
        let value = try JSONDocument(parsing: text).root.string
        #expect(value.map { Array($0.utf8) } == Array(expected.utf8))
    }

    @Test("keys with escapes are found by their meaning")
    func escapedKeys() throws {
        let root = try JSONDocument(parsing: "{\"\\u0061\\n\":1}").root
        #expect(root["a\n"]?.int64 == 1)
        #expect(root.members.first?.key == "a\n")
    }

    @Test(
        "integers are exact or nil",
        arguments: [
            ("0", 0), ("-0", 0), ("42", 42), ("-1", -1), ("9223372036854775807", Int64.max), ("-9223372036854775808", Int64.min),
            ("9223372036854775808", nil), ("-9223372036854775809", nil), ("99999999999999999999", nil), ("1.0", nil), ("1e3", nil),
            ("\"1\"", nil),
            ("true", nil), ("null", nil),
        ] as [(String, Int64?)])
    func integers(_ text: String, expected: Int64?) throws {
        #expect(try JSONDocument(parsing: text).root.int64 == expected)
    }

    @Test(
        "doubles are the nearest or nil",
        arguments: [
            ("0.1", 0.1), ("-0.0", 0), ("1e3", 1000), ("123", 123), ("1.7976931348623157e308", Double.greatestFiniteMagnitude),
            ("1e400", nil),
            ("-1e400", nil), ("1e-400", 0), ("\"1\"", nil),
        ] as [(String, Double?)])
    func doubles(_ text: String, expected: Double?) throws {
        #expect(try JSONDocument(parsing: text).root.double == expected)
    }

    @Test("a value of another kind is nil")
    func kinds() throws {
        let root = try JSONDocument(parsing: "[\"a\",1,true,null]").root
        #expect(root.elements.map(\.string) == ["a", nil, nil, nil])
        #expect(root.elements.map(\.bool) == [nil, nil, true, nil])
        #expect(root.elements.map(\.isNull) == [false, false, false, true])
        #expect(root["a"] == nil)
    }
}
