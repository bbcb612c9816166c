import JSONText
import Testing
import Workloads

@Suite("The stanza reader gives stanzas with their settings as JSON")
struct ConfStanzaReaderTests {
    private func read(_ text: String, limits: ConfLimits = ConfLimits()) -> [ConfStanza] {
        Array(text.utf8).withUnsafeBytes { buffer in
            var reader = ConfStanzaReader(buffer, limits: limits)
            var stanzas: [ConfStanza] = []
            while let stanza = reader.next() { stanzas.append(stanza) }
            return stanzas
        }
    }

    @Test("settings stand in order, every occurrence, with their lines")
    func order() {
        let stanzas = read("[b]\ny = 1\nx = 2\ny = 3\n[a]\n")
        #expect(stanzas.map(\.name) == ["b", "a"])
        #expect(stanzas.map(\.line) == [1, 5])
        #expect(stanzas.map(\.settingCount) == [3, 0])
        #expect(
            stanzas.map(\.settingsJSON) == [
                #"[{"key":"y","value":"1","line":2},{"key":"x","value":"2","line":3},{"key":"y","value":"3","line":4}]"#, "[]",
            ])
    }

    @Test("settings before the first header are the default stanza's, at the line of the first")
    func global() {
        let stanzas = read("# c\n\nx = 1\n[default]\nx = 2\n")
        #expect(stanzas.map(\.name) == ["default", "default"])
        #expect(stanzas.map(\.line) == [3, 4])
    }

    @Test("a file without settings before its first header has no stanza but its own")
    func noGlobal() {
        #expect(read("# c\n[a]\n").map(\.name) == ["a"])
        #expect(read("# c\njunk\n").isEmpty)
    }

    @Test("a huge stanza comes in parts of the same name and line")
    func parts() {
        var limits = ConfLimits()
        limits.stanzaJSONBytes = 100
        let stanzas = read("[a]\n" + (1...10).map { "k\($0) = 1\n" }.joined() + "[b]\nx = 1\n", limits: limits)
        #expect(stanzas.count > 3)
        #expect(stanzas.dropLast().allSatisfy { $0.name == "a" && $0.line == 1 })
        #expect(stanzas.map(\.settingCount).reduce(0, +) == 11)
        #expect(stanzas.last?.name == "b")
    }

    @Test("every character comes through JSON unharmed")
    func characters() throws {
        let scalars = (1...0xFF).compactMap(Unicode.Scalar.init).filter { $0 != "\n" } + ["\u{2028}", "\u{FFFD}", "\u{10FFFF}", "😀"]
        for scalar in scalars {
            // At every offset of an eight-byte word.
            for lead in 0..<9 {
                let value = "'" + String(repeating: "v", count: lead) + String(scalar) + "tail of the value'"
                let stanza = try #require(read("[a]\nx = \(value)\n").first)
                let document = try JSONDocument(parsing: Array(stanza.settingsJSON.utf8))
                #expect(document.root.elements.first?["value"]?.string == value)
            }
        }
    }

    @Test("text in Windows-1252 and NUL are translated in JSON as in strings")
    func translated() throws {
        let bytes: [UInt8] = Array("[a]\nx = ".utf8) + [0xE9, 0x80, 0x00, 0x22] + Array("\n".utf8)
        let json = bytes.withUnsafeBytes { buffer in
            var reader = ConfStanzaReader(buffer)
            return reader.next()?.settingsJSON
        }
        #expect(json == "[{\"key\":\"x\",\"value\":\"é€\u{FFFD}\\\"\",\"line\":2}]")
    }

    @Test(
        "the object of a metadata stanza is percent-decoded",
        arguments: [
            ("", "", nil), ("views", "views", nil), ("savedsearches/My%20search%2F1", "savedsearches", "My search/1"),
            ("views/a/b", "views", "a/b"), ("views/", "views", ""), ("props/100%", "props", "100%"), ("props/%zz%4", "props", "%zz%4"),
            ("props/%C3%A4%e4", "props", "ä\u{FFFD}"), ("props/a%00b", "props", "a\u{FFFD}b"),
        ] as [(String, String, String?)])
    func metaObject(stanza: String, type: String, name: String?) {
        let object = MetaObject(stanzaName: stanza)
        #expect(object.type == type)
        #expect(object.name == name)
    }
}
