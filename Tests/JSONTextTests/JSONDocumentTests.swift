import JSONText
import Testing

@Suite("JSON documents")
struct JSONDocumentTests {
    @Test(
        "every form that RFC 8259 allows is accepted",
        arguments: [
            "null", "true", "false", "0", "-0", "123", "-1", "1.5", "0.1", "1e3", "1E+3", "1e-3", "-0.0e0", "123e65", "1E400", "\"\"",
            "\"a\"",
            " [] ", "{}", "[ ]", "{ }", "\t\n\r [1]\n", "[1,2,3]", "[[[[]]]]", "[null]", "[\"a\",1,true]", "{\"a\":1}",
            "{\"a\":{\"b\":[]}}",
            "{\"\":0}", "{\"a\\u0000b\":1}", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u00e9\"", "\"\\uD834\\uDD1E\"", "\"\\ud834\\uDd1e\"",
            "\"é €\u{1F600}\"", "\"\u{7F}\"", "\"\u{2028}\u{2029}\"", "\"\\u0060\\u012a\"", "{\"a\":1,\"A\":2}", "[\"a\",\"a\"]",
            "[{\"a\":1},{\"a\":1}]", "{\"a\":{\"a\":1}}", "\"\u{10FFFF}\u{FFFE}\"", "12345678901234567890123",
        ])
    func accepts(_ text: String) throws {
        let document = try JSONDocument(parsing: text)
        #expect(document.root.rawText == String(text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()))
    }

    @Test(
        "every malformed text is refused at the byte where it goes wrong",
        arguments: [
            ("", 0), (" ", 1), ("nul", 3), ("nulL", 3), ("True", 0), ("tru e", 3), ("undefined", 0), ("NaN", 0), ("Infinity", 0),
            ("-Infinity", 1),
            ("+1", 0), ("01", 1), ("-01", 2), ("-", 1), ("1.", 2), (".5", 0), ("1.e3", 2), ("1e", 2), ("1e+", 3), ("0x1", 1), ("1_000", 1),
            ("1 2", 2), ("[", 1), ("]", 0), ("[1", 2), ("[1,]", 3), ("[,1]", 1), ("[1 2]", 3), ("[1,,2]", 3), ("[1}", 2), ("[]]", 2),
            ("{", 1), ("}", 0), ("{\"a\"", 4), ("{\"a\":", 5), ("{\"a\":1", 6), ("{\"a\":1,}", 7), ("{\"a\" 1}", 5), ("{a:1}", 1),
            ("{'a':1}", 1),
            ("{1:1}", 1), ("{,}", 1), ("{\"a\":1 \"b\":2}", 7), ("{\"a\":}", 5), ("{\"a\":1]", 6), ("{}{}", 2), ("\"", 1), ("\"a", 2),
            ("'a'", 0), ("\"\\", 2), ("\"\\x\"", 2), ("\"\\u12\"", 5), ("\"\\u12G4\"", 5), ("\"\\U0041\"", 2), ("\"a\nb\"", 2),
            ("\"\t\"", 1), ("\"\0\"", 1),
            ("\"\\uD834\"", 1), ("\"\\uDD1E\"", 1), ("\"\\uD834\\u0041\"", 1), ("\"\\uDD1E\\uD834\"", 1), ("\"\\uD834x\"", 1),
            ("[1] // x", 4),
            ("/* */ 1", 0), ("\u{FEFF}1", 0), ("\u{A0}1", 0), ("\u{0C}1", 0), ("1\0", 1), ("\"a\" x", 4), ("[\"a\":1]", 4), ("\\u0031", 0),
        ])
    func refuses(_ text: String, offset: Int) {
        #expect(throws: JSONSyntaxError.self) { try JSONDocument(parsing: text) }
        do {
            _ = try JSONDocument(parsing: text)
        } catch {
            #expect(error.offset == offset, "\(error)")
        }
    }

    @Test(
        "bytes that are not UTF-8 are refused",
        arguments: [
            [0x80], [0xBF], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF], [0xE2, 0x82],
            [0xE2, 0x28, 0xA1],
            [0xE2, 0x82, 0x28], [0xED, 0xA0, 0x80], [0xED, 0xBF, 0xBF], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
            [0xF0, 0x9F, 0x98],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFE], [0xFF], [0xFC, 0x83, 0xBF, 0xBF, 0xBF, 0xBF],
        ] as [[UInt8]])
    func refusesInvalidUTF8(_ bytes: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        let failure = #expect(throws: JSONSyntaxError.self) { try JSONDocument(parsing: [quote] + bytes + [quote]) }
        #expect(failure?.offset == 1)
        #expect(throws: JSONSyntaxError.self) { try JSONDocument(parsing: [quote] + bytes) }
    }

    @Test("the depth limit counts open arrays and objects")
    func depthLimit() throws {
        func nested(_ depth: Int) -> String { String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        _ = try JSONDocument(parsing: nested(64))
        let failure = #expect(throws: JSONSyntaxError.self) { try JSONDocument(parsing: nested(65)) }
        #expect(failure?.offset == 64)
        _ = try JSONDocument(parsing: "1", maxDepth: 0)
        #expect(throws: JSONSyntaxError.self) { try JSONDocument(parsing: "[]", maxDepth: 0) }
        _ = try JSONDocument(parsing: nested(100_000), maxDepth: 100_000)
        #expect(throws: JSONSyntaxError.self) { try JSONDocument(parsing: String(repeating: "[{\"a\":", count: 100_000)) }
    }

    @Test(
        "a key that occurs twice in one object is refused, however it is written",
        arguments: [
            ("{\"a\":1,\"a\":2}", 7), ("{\"a\":1,\"b\":2,\"\\u0061\":3}", 13), ("{\"\":1,\"\":1}", 6), ("[{\"x\":{\"k\":1,\"k\":1}}]", 13),
            ("{\"\\/\":1,\"/\":2}", 8),
        ])
    func duplicateKeys(_ text: String, offset: Int) {
        let failure = #expect(throws: JSONSyntaxError.self) { try JSONDocument(parsing: text) }
        #expect(failure?.offset == offset)
    }

    @Test("duplicate keys are found in large objects too, and differently composed accents are different keys")
    func duplicateKeysInLargeObjects() throws {
        let members = (0..<1000).map { "\"key\($0)\":\($0)" }.joined(separator: ",")
        #expect(try JSONDocument(parsing: "{\(members)}").root.members.count == 1000)
        #expect(throws: JSONSyntaxError.self) { try JSONDocument(parsing: "{\(members),\"key500\":1}") }
        let document = try JSONDocument(parsing: "{\"\u{E9}\":1,\"e\u{301}\":2}")
        #expect(document.root["\u{E9}"]?.int64 == 1)
        #expect(document.root["e\u{301}"]?.int64 == 2)
    }

    @Test("every prefix of a text is refused and none crashes")
    func prefixes() throws {
        let text = Array("{\"a\":[1.5e3,\"\\u00e9\\uD834\\uDD1E é\",null,true,false],\"b\":{\"c\":-0}}".utf8)
        _ = try JSONDocument(parsing: text)
        for length in 0..<text.count {
            #expect(throws: JSONSyntaxError.self) { try JSONDocument(parsing: text[..<length]) }
        }
    }

    @Test("changing single bytes of a text never crashes and never accepts invalid UTF-8")
    func mutations() throws {
        let text = Array("{\"a\":[1.5e3,\"\\u00e9\\uD834\\uDD1E é\",null],\"b\":{\"c\":-0}}".utf8)
        for index in text.indices {
            for byte in UInt8.min...UInt8.max {
                var changed = text
                changed[index] = byte
                guard let document = try? JSONDocument(parsing: changed) else { continue }
                #expect(Array(document.root.rawText.utf8) == changed)
                #expect(document.root.members.count <= 2)
            }
        }
    }
}
