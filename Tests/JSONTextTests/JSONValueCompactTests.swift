import JSONText
import Testing

@Suite("Values in one form")
struct JSONValueCompactTests {
    private func value(_ text: String) throws -> JSONValue { try JSONDocument(parsing: text).root }

    @Test(
        "compact text drops the white space between values and nothing else",
        arguments: [
            ("{ \"b\" : [ 1.0 ,\t2e3 ] ,\r\n \"a\":null }", "{\"b\":[1.0,2e3],\"a\":null}"),
            (#"[ "a b\t\" c\\" , "\u0041 " ]"#, #"["a b\t\" c\\","\u0041 "]"#), (" 12 ", "12"), (#" " " "#, #"" ""#), ("{ }", "{}"),
        ])
    func compact(text: String, expected: String) throws {
        #expect(try value(text).compactText == expected)
        #expect(try value("[\(text)]").elements[0].compactText == expected)
    }

    @Test("canonical text is the same whatever the order of members and the escapes")
    func canonical() throws {
        let text = try value(#"{"b": [1.0, {"z": "\u00e9", "y": "\/"}], "a\u0062": true, "ab ": null}"#).canonicalText
        #expect(text == #"{"ab":true,"ab ":null,"b":[1.0,{"y":"/","z":"é"}]}"#)
        #expect(try value(text).canonicalText == text)
        #expect(try value("[1.0]").canonicalText != value("[1]").canonicalText)
        #expect(try value("[1,2]").canonicalText != value("[2,1]").canonicalText)
    }

    @Test("an element is found by its position, behind elements of any size")
    func elements() throws {
        let list = try value(#"[1, [2, [3]], {"a": [4]}, "5"]"#)
        #expect((0..<4).map { list.element(at: $0)?.rawText } == ["1", "[2, [3]]", #"{"a": [4]}"#, #""5""#])
        #expect(list.element(at: 4) == nil && list.element(at: -1) == nil && list.element(at: .max) == nil)
        #expect(try value("[]").element(at: 0) == nil && value(#"{"a": 1}"#).element(at: 0) == nil)
    }
}
