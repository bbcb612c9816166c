import TaskEngine
import Testing

@Suite("What hides secrets")
struct SecretMaskTests {
    private func mask(_ values: String...) -> SecretMask {
        let mask = SecretMask()
        for value in values { mask.add(value) }
        return mask
    }

    @Test("a value is found as it is, and as it is written inside strings")
    func forms() {
        let mask = mask("pa/ss\"wörd\n\t\u{1}")
        for form in ["pa/ss\"wörd\n\t\u{1}", #"pa/ss\"wörd\n\t\u0001"#, #"pa\/ss\"wörd\n\t\u0001"#, #"pa/ss\"wörd\n\t\u{01}"#] {
            #expect(mask.hide("a \(form) b\(form)") == "a [secret] b[secret]", "\(form)")
        }
        #expect(mask.hide("pa/ss") == "pa/ss")
    }

    @Test("what stands beside a value does not keep it from being found", arguments: ["\u{301}", "\u{200D}", "\u{FE0F}", "\r\n", "s", "🏽"])
    func neighbours(text: String) {
        #expect(mask("s3cret").hide("\(text)s3cret\(text)") == "\(text)[secret]\(text)")
        let lines = mask("one line\r\nand another\r\n")
        #expect(!lines.hide("x\rone line\r\nand another\r\n\(text)").contains("line"))
    }

    @Test("each line of a value of several is found by itself from eight bytes on")
    func lines() {
        let mask = mask("-----BEGIN-----\r\nMIIEvQIBADAN\nBgkqhkiG\n=1234\n")
        #expect(mask.hide("-----BEGIN-----") == "[secret]")
        #expect(mask.hide("a MIIEvQIBADAN b") == "a [secret] b")
        #expect(mask.hide("BgkqhkiG, =1234") == "[secret], =1234")
    }

    @Test("a line feed behind a value is no part of what is looked for")
    func trimmed() {
        #expect(mask(" s3cret\n").hide("a s3cret b") == "a [secret] b")
    }

    @Test("values that overlap or are part of another are hidden wholly")
    func overlaps() {
        #expect(mask("abcdef", "defghi").hide("xabcdefghiy") == "x[secret]y")
        #expect(mask("abcd", "abcdefgh").hide("abcdefgh abcd") == "[secret] [secret]")
        #expect(mask("abab").hide("xababab") == "x[secret]")
        #expect(mask("secr", "longer value").hide("longer value, secr") == "[secret], [secret]")
    }

    @Test("what a cut leaves of a value is hidden at both ends of a text, from eight bytes on")
    func cuts() {
        let value = "0123456789abcdefghij"
        let mask = mask(value)
        for length in 0..<value.count {
            let (head, tail) = (value.prefix(length), value.suffix(length))
            #expect(mask.hide("it is " + head) == "it is " + (length < 8 ? head : "[secret]"))
            #expect(mask.hide(tail + " it was") == (length < 8 ? tail : "[secret]") + " it was")
        }
        #expect(mask.hide("in 0123456789abc the middle") == "in 0123456789abc the middle")
        #expect(mask.hide("\(value)01234567") == "[secret][secret]")
        // A cut inside a character.
        let wide = self.mask("äöüäöüäöü")
        #expect(wide.hide("x äöüäöü\u{FFFD}") == "x [secret]" && wide.hide("\u{FFFD}üäöüäöü x") == "[secret] x")
        // Whoever cuts may say so.
        #expect(mask.hide("it is 0123456789…") == "it is [secret]" && mask.hide("it is 01234…") == "it is 01234…")
    }

    @Test("what is left of a value at the cut of a long error is hidden")
    func longError() {
        let value = "0123456789abcdefghij"
        for filling in 3_960...4_000 {
            let error = TaskError(code: "e", message: String(repeating: ".", count: filling) + value + " and more")
            #expect(!mask(value).hide(error.message).contains("01234567"), "\(filling) characters before it")
        }
    }

    @Test("JSON stays JSON, however its strings are escaped, and keeps its bytes where nothing is hidden")
    func json() {
        let mask = mask("s3cret/1", "7654321")
        #expect(mask.hide(json: #"{"a": ["\u00733cret\/1", "x s3cret/1"], "b": 1.50}"#) == #"{"a":["[secret]","x [secret]"],"b":1.50}"#)
        #expect(mask.hide(json: #"{"s3cret/1": true}"#) == #"{"[secret]":true}"#)
        #expect(mask.hide(json: #"{ "a" : 1.50 }"#) == #"{ "a" : 1.50 }"#)
        #expect(mask.hide(json: #"["s3cret/"]"#) == #"["s3cret/"]"#)
        #expect(mask.hide(json: "[7654321]") == #""[secret]""#)
        #expect(mask.hide(json: "no JSON s3cret/1") == #""[secret]""#)
    }
}
