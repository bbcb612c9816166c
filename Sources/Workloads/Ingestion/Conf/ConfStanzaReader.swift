/// One stanza as it stands in a file: a header and the settings up to the next header.
package struct ConfStanza: Sendable, Equatable {
    /// The name as written between `[` and `]`; `default` for settings before the first header. May be empty.
    package let name: String
    /// Line of the header; of the first setting if there is no header.
    package let line: Int
    /// Every setting in order as JSON: `[{"key":"…","value":"…","line":7},…]`. A key that occurs twice is there twice.
    package let settingsJSON: String
    /// How many settings that are.
    package let settingCount: Int
}

/// Reads a .conf or .meta file stanza by stanza, with the settings already encoded as JSON.
///
/// The buffer given at the start must stay valid as long as the reader; the stanzas are free of it. Stanzas are neither
/// merged nor sorted: namesakes come as often as they stand in the file, and a stanza without settings comes too.
package struct ConfStanzaReader: ~Copyable {
    /// The name of the stanza that settings before the first header belong to.
    package static let globalName = "default"

    private var scanner: ConfScanner
    private let stanzaJSONBytes: Int
    private var settings = GrowingBytes(capacity: 4096)
    private var settingCount = 0
    private var current: (name: String, line: Int)?

    /// A reader over a whole file.
    package init(_ bytes: UnsafeRawBufferPointer, limits: ConfLimits = ConfLimits()) {
        scanner = ConfScanner(bytes, limits: limits)
        stanzaJSONBytes = limits.stanzaJSONBytes
    }

    /// What was found so far; complete when ``next()`` has returned nil.
    package var problems: [ConfProblem] { scanner.problems }
    /// Problems beyond the limit, counted only.
    package var omittedProblems: Int { scanner.omittedProblems }
    /// Lines that mean nothing (no `=`), which Splunk ignores in silence.
    package var ignoredLines: Int { scanner.ignoredLines }

    /// The next stanza; nil at the end of the file.
    package mutating func next() -> ConfStanza? {
        while let item = scanner.next() {
            switch item {
            case .stanza(let name, let line):
                let finished = take()
                current = (name.string, line)
                if let finished { return finished }
            case .setting(let key, let value, let line):
                var overflow: ConfStanza?
                if current == nil { current = (Self.globalName, line) }
                if settings.count > stanzaJSONBytes {
                    let header = current
                    overflow = take()
                    current = header
                }
                append(key, value, line)
                if let overflow { return overflow }
            }
        }
        return take()
    }

    private mutating func append(_ key: ConfText, _ value: ConfText, _ line: Int) {
        settings.append(settingCount == 0 ? "[{\"key\":" : ",{\"key\":")
        settings.append(jsonString: key)
        settings.append(",\"value\":")
        settings.append(jsonString: value)
        settings.append(",\"line\":")
        settings.append(decimal: line)
        settings.append(UInt8(ascii: "}"))
        settingCount += 1
    }

    private mutating func take() -> ConfStanza? {
        guard let header = current else { return nil }
        settings.append(settingCount == 0 ? "[]" : "]")
        let stanza = ConfStanza(name: header.name, line: header.line, settingsJSON: settings.text, settingCount: settingCount)
        settings.removeAll()
        settingCount = 0
        current = nil
        return stanza
    }
}
