import JSONText
import Testing

@Suite("Shortened texts")
struct StringShortenedTests {
    @Test(
        "a prefix has at most so many bytes and whole scalars",
        arguments: [("abc", 3, "abc"), ("abc", 2, "ab"), ("aüb", 2, "a"), ("aüb", 3, "aü"), ("😀x", 3, ""), ("", 0, ""), ("a", 0, "")])
    func prefix(text: String, most: Int, expected: String) {
        #expect(text.prefix(bytes: most) == expected)
    }

    @Test("a text that is too long ends in an ellipsis, which counts")
    func shortened() {
        #expect("abcdef".shortened(toBytes: 6) == "abcdef")
        #expect("abcdefg".shortened(toBytes: 6) == "abc…")
        #expect("äöüß".shortened(toBytes: 7) == "äö…")
    }

    @Test("one character with any number of bytes is cut too")
    func longCharacter() {
        let text = "e" + String(repeating: "\u{301}", count: 10_000)
        #expect(text.count == 1)
        #expect(text.prefix(bytes: 100).utf8.count == 99)
        #expect(text.shortened(toBytes: 100).utf8.count == 100)
    }
}
