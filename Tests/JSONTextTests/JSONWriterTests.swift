import JSONText
import Testing

@Suite("JSON writer")
struct JSONWriterTests {
    @Test("commas stand between values and nowhere else")
    func commas() {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("a", 1)
            writer.key("list")
            writer.array { writer in
                writer.value("x")
                writer.array { _ in }
                writer.object { _ in }
                writer.raw("{\"k\": 1}")
                writer.null()
            }
            writer.key("o")
            writer.object { $0.field("b", true) }
            writer.fieldRaw("r", "[ ]")
            writer.fieldRaw("none", nil)
        }
        #expect(writer.text == "{\"a\":1,\"list\":[\"x\",[],{},{\"k\": 1},null],\"o\":{\"b\":true},\"r\":[ ],\"none\":null}")
    }

    @Test("nil fields are null")
    func nils() {
        var writer = JSONWriter()
        writer.object { writer in
            writer.field("s", nil as String?)
            writer.field("i", nil as Int64?)
            writer.field("n", nil as Int?)
            writer.field("d", nil as Double?)
            writer.field("b", nil as Bool?)
        }
        #expect(writer.text == "{\"s\":null,\"i\":null,\"n\":null,\"d\":null,\"b\":null}")
    }

    @Test(
        "numbers are written so that they read back the same",
        arguments: [0, 1, -1, 0.1, 1e20, 1.5e300, Double.leastNonzeroMagnitude, -123.456, Double.greatestFiniteMagnitude])
    func doubles(_ number: Double) throws {
        var writer = JSONWriter()
        writer.value(number)
        #expect(try JSONDocument(parsing: writer.bytes).root.double == number)
    }

    @Test("infinities and NaN become null", arguments: [Double.infinity, -Double.infinity, Double.nan])
    func nonFinite(_ number: Double) {
        var writer = JSONWriter()
        writer.value(number)
        #expect(writer.text == "null")
    }

    @Test("integers of every length", arguments: [0, 7, -7, 10, 99, 100, Int64.max, Int64.min])
    func integers(_ number: Int64) {
        var writer = JSONWriter()
        writer.array { $0.value(number) }
        #expect(writer.text == "[\(number)]")
    }

    @Test("control characters, quotes and backslashes are escaped and nothing else")
    func escapes() {
        var writer = JSONWriter()
        writer.value("\"\\/\u{8}\u{C}\n\r\t\0\u{1F}\u{7F}é\u{2028}\u{1F600}")
        #expect(writer.text == "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\u{7F}é\u{2028}\u{1F600}\"")
    }

    @Test("every scalar below U+0800 survives writing and reading")
    func roundTrip() throws {
        var text = ""
        for number in UInt32(0)..<0x800 { Unicode.Scalar(number).map { text.unicodeScalars.append($0) } }
        var writer = JSONWriter()
        writer.object { $0.field(text, text) }
        let member = try #require(try JSONDocument(parsing: writer.bytes).root.members.first)
        #expect(Array(member.key.utf8) == Array(text.utf8))
        #expect(member.value.string.map { Array($0.utf8) } == Array(text.utf8))
    }

    @Test("what a body throws passes through")
    func throwing() {
        struct Stop: Error {}
        var writer = JSONWriter()
        #expect(throws: Stop.self) { try writer.object { _ in throw Stop() } }
    }
}
