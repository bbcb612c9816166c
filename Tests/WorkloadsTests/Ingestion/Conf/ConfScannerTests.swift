import Testing
import Workloads

@Suite("The scanner reads configuration files as Splunk does")
struct ConfScannerTests {
    @Test("stanzas and settings", arguments: structure)
    func structureRule(_ rule: ConfCase) { check(rule) }

    @Test("comments and lines that mean nothing", arguments: comments)
    func commentRule(_ rule: ConfCase) { check(rule) }

    @Test("values over several lines", arguments: continuations)
    func continuationRule(_ rule: ConfCase) { check(rule) }

    @Test("line ends and encodings", arguments: encodings)
    func encodingRule(_ rule: ConfCase) { check(rule) }

    private func check(_ rule: ConfCase) {
        let scanned = ScannedConf(rule.bytes)
        #expect(scanned.items == rule.items)
        #expect(scanned.problems == rule.problems)
        #expect(scanned.ignoredLines == rule.ignoredLines)
    }

    static let structure: [ConfCase] = [
        ConfCase("an empty file holds nothing", "", []),
        ConfCase("a header without settings is a stanza", "[a]\n", ["1 [a]"]),
        ConfCase("stanzas, settings and their lines", "[a]\nx = 1\n\n[b]\ny = 2\n", ["1 [a]", "2 x=1", "4 [b]", "5 y=2"]),
        ConfCase("names and keys are case-sensitive", "[a]\nX = 1\nx = 2\n[A]\n", ["1 [a]", "2 X=1", "3 x=2", "4 [A]"]),
        ConfCase("DEFAULT is not default", "[DEFAULT]\nx = 1\n[Default]\n", ["1 [DEFAULT]", "2 x=1", "3 [Default]"]),
        ConfCase("settings may come before any stanza", "x = 0\n[default]\nx = 2\n", ["1 x=0", "2 [default]", "3 x=2"]),
        ConfCase(
            "a stanza that comes twice, and a key that comes twice, are kept as they come", "[a]\nx = 1\nx = 2\n[b]\n[a]\nx = 3\n",
            ["1 [a]", "2 x=1", "3 x=2", "4 [b]", "5 [a]", "6 x=3"]),
        ConfCase("a stanza may have no name", "[]\nexport = system\n", ["1 []", "2 export=system"]),
        ConfCase(
            "a name runs to the last bracket", "[source::...[/\\\\]var[/\\\\]log*]\n[My search [COOL]]\n",
            ["1 [source::...[/\\\\]var[/\\\\]log*]", "2 [My search [COOL]]"]),
        ConfCase("a name may hold = and #", "[a=b#c:d/e]\n", ["1 [a=b#c:d/e]"]),
        ConfCase("percent codes in a name are kept", "[views/My%20view]\n", ["1 [views/My%20view]"]),
        ConfCase("blanks before a header do not matter, those inside it do", "  [b]\n[ a ]\n", ["1 [b]", "2 [ a ]"]),
        ConfCase("text behind a header is dropped", "[a] # note\nx = 1\n", ["1 [a]", "2 x=1"], problems: ["1 text_after_stanza"]),
        ConfCase("blanks behind a header are nothing", "[a] \t\nx = 1\n", ["1 [a]", "2 x=1"]),
        ConfCase(
            "a header without ] is none, and its settings go to the stanza before", "[a]\nx = 1\n[b\ny = 2\n",
            ["1 [a]", "2 x=1", "4 y=2"], problems: ["3 unclosed_stanza"]),
        ConfCase(
            "a header is not continued", "[a\\\nb]\nx = 1\n", ["3 x=1"], problems: ["1 unclosed_stanza"], ignored: 1),
        ConfCase(
            "the first = separates", "[a]\nEVAL-x = if(a==b, \"c=d\", e)\nx == 1\n", ["1 [a]", "2 EVAL-x=if(a==b, \"c=d\", e)", "3 x== 1"]),
        ConfCase("blanks around key and value go", "[a]\n\tx\t=\t1 \t\n", ["1 [a]", "2 x=1"]),
        ConfCase("quotes are kept", "[a]\nx = \"q\"\ny = ' s '\n", ["1 [a]", "2 x=\"q\"", "3 y=' s '"]),
        ConfCase("an empty value is a value", "[a]\nx =\ny =  \nz=", ["1 [a]", "2 x=", "3 y=", "4 z="]),
        ConfCase(
            "a key with blanks inside is kept", "[a]\nkey one = 1\n", ["1 [a]", "2 key one=1"], problems: ["2 key_with_blanks"]),
        ConfCase("a colon does not separate", "[a]\nhttp://x = 2\nk: 1\n", ["1 [a]", "2 http://x=2"], ignored: 1),
        ConfCase("keys have no escapes", "[a]\nk\\=1 = 2\n", ["1 [a]", "2 k\\=1 = 2"]),
        ConfCase("a line without a key is ignored", "[a]\n= 1\nx = 2\n", ["1 [a]", "3 x=2"], problems: ["2 empty_key"]),
        ConfCase("a backslash inside a value is a character", "[a]\nREGEX = ^\\d+\\s(.*)$\n", ["1 [a]", "2 REGEX=^\\d+\\s(.*)$"]),
    ]

    static let comments: [ConfCase] = [
        ConfCase("a # after a value belongs to it", "[a]\nx = 5 #5\ny = 1 ; c\n", ["1 [a]", "2 x=5 #5", "3 y=1 ; c"]),
        ConfCase("a line that starts with # is a comment", "[a]\n# c = 1\n   #d = 2\nx = 1\n", ["1 [a]", "4 x=1"]),
        ConfCase("a line that starts with ; is a comment", "[a]\n; c = 1\n ;d = 2\nx = 1\n", ["1 [a]", "4 x=1"]),
        ConfCase("a comment is not continued", "[a]\n# c \\\nx = 1\n", ["1 [a]", "3 x=1"]),
        ConfCase("a line without = is ignored", "[a]\njunk\nx = 1\nb]\n", ["1 [a]", "3 x=1"], ignored: 2),
        ConfCase("a line without = is not continued", "[a]\njunk \\\nx = 1\n", ["1 [a]", "3 x=1"], ignored: 1),
        ConfCase(
            "a line that starts with * is ignored", "[a]\n* text\n * x = 1\ny = 2\n", ["1 [a]", "4 y=2"],
            problems: ["2 star_line", "3 star_line"]),
    ]

    static let continuations: [ConfCase] = [
        ConfCase(
            "a value goes on behind a backslash, with the next line's blanks", "[a]\nx = 1 \\\n   2 \\\n3\ny = 1\n",
            ["1 [a]", "2 x=1 \n   2 \n3", "5 y=1"]),
        ConfCase(
            "a blank behind the backslash ends the value", "[a]\nx = 1 \\ \n  y2\ny = 1\n", ["1 [a]", "2 x=1 \\", "4 y=1"], ignored: 1),
        ConfCase("a blank line ends the value", "[a]\nx = 1 \\\n\ny = 1\n", ["1 [a]", "2 x=1", "4 y=1"]),
        ConfCase(
            "a continued line may look like a stanza", "[a]\nx = foo \\\n[ sub ] \\\n| stats\n[b]\n",
            ["1 [a]", "2 x=foo \n[ sub ] \n| stats", "5 [b]"]),
        ConfCase("a continued line may look like a comment", "[a]\nx = 1 \\\n# no \\\n2\ny = 1\n", ["1 [a]", "2 x=1 \n# no \n2", "5 y=1"]),
        ConfCase("a continued line may look like a setting", "[a]\nx = C:\\dir\\\ny = 2\n", ["1 [a]", "2 x=C:\\dir\ny = 2"]),
        ConfCase("of two backslashes one stays", "[a]\nx = C:\\dir\\\\\ny = 2\n", ["1 [a]", "2 x=C:\\dir\\\ny = 2"]),
        ConfCase("a file may end inside a value", "[a]\nx = 1 \\\n", ["1 [a]", "2 x=1"]),
        ConfCase("a file may end with a backslash", "[a]\nx = 1 \\", ["1 [a]", "2 x=1"]),
        ConfCase("a value may begin on the next line", "[a]\nx = \\\n  1\n", ["1 [a]", "2 x=1"]),
        ConfCase(
            "a line without a key is ignored with all that it draws in", "[a]\n= 1 \\\ny = 2\nz = 3\n", ["1 [a]", "4 z=3"],
            problems: ["2 empty_key"]),
    ]

    static let encodings: [ConfCase] = [
        ConfCase("CR LF ends lines", "[a]\r\nx = 1 \\\r\n  2\r\ny = 3\r\n", ["1 [a]", "2 x=1 \n  2", "4 y=3"]),
        ConfCase("CR LF and LF may be mixed", "[a]\r\nx = 1\ny = 2\r\n", ["1 [a]", "2 x=1", "3 y=2"]),
        ConfCase(
            "CR ends lines if there is no LF", "[a]\rx = 1 \\\r2\ry = 2\r", ["1 [a]", "2 x=1 \n2", "4 y=2"], problems: ["1 cr_line_ends"]),
        ConfCase("a CR inside a line is a character", "[a]\nx = 1\r2\n", ["1 [a]", "2 x=1\r2"]),
        ConfCase("the last line needs no end", "[a]\nx = 1", ["1 [a]", "2 x=1"]),
        ConfCase("a UTF-8 byte order mark is dropped", bytes: [0xEF, 0xBB, 0xBF] + "[a]\nx = 1".utf8, ["1 [a]", "2 x=1"]),
        ConfCase("also before a comment", bytes: [0xEF, 0xBB, 0xBF] + "# c\n[a]\n".utf8, ["2 [a]"]),
        ConfCase("UTF-8 is read", "[ä]\nkey = 😀 é\n", ["1 [ä]", "2 key=😀 é"]),
        ConfCase("UTF-16 little-endian is decoded", bytes: [0xFF, 0xFE] + utf16("[a]\nx = é😀\n", bigEndian: false), ["1 [a]", "2 x=é😀"]),
        ConfCase("UTF-16 big-endian is decoded", bytes: [0xFE, 0xFF] + utf16("[a]\r\nx = é😀\r\n", bigEndian: true), ["1 [a]", "2 x=é😀"]),
        ConfCase(
            "half a character of UTF-16 is replaced",
            bytes: [0xFF, 0xFE] + utf16("x=1", bigEndian: false) + [0x00, 0xD8, 0x41, 0x00, 0x42],
            ["1 x=1\u{FFFD}A\u{FFFD}"], problems: ["1 invalid_utf16"]),
        ConfCase("a file that holds only a byte order mark is empty", bytes: [0xFF, 0xFE], []),
        ConfCase(
            "what is not UTF-8 is Windows-1252",
            bytes: Array("[a]\nx = caf".utf8) + [0xE9, 0x0A] + Array("y = ".utf8) + [0x80, 0x81, 0xFF],
            ["1 [a]", "2 x=café", "3 y=€\u{81}ÿ"], problems: ["2 not_utf8"]),
        ConfCase(
            "one bad byte makes all of the file Windows-1252", bytes: Array("x = é\ny = ".utf8) + [0xE9], ["1 x=Ã©", "2 y=é"],
            problems: ["2 not_utf8"]),
        ConfCase("NUL becomes U+FFFD", "[a]\nx = a\0b\n", ["1 [a]", "2 x=a\u{FFFD}b"], problems: ["2 nul_character"]),
        ConfCase(
            "U+2028, U+0085 and form feed end no line", "[a]\nx = a\u{2028}y = 2\u{85}z\nz = b\u{0C}w = 3\n",
            ["1 [a]", "2 x=a\u{2028}y = 2\u{85}z", "3 z=b\u{0C}w = 3"]),
        ConfCase("a no-break space is an ordinary character", "[a]\nx\u{A0} = 1\n", ["1 [a]", "2 x\u{A0}=1"]),
    ]

    private static func utf16(_ text: String, bigEndian: Bool) -> [UInt8] {
        text.utf16.flatMap { bigEndian ? [UInt8($0 >> 8), UInt8($0 & 0xFF)] : [UInt8($0 & 0xFF), UInt8($0 >> 8)] }
    }
}
