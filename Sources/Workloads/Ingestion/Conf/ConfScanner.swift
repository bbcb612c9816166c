/// Finds stanzas and settings in the bytes of a .conf or .meta file, one at a time, without making strings.
///
/// What Splunk's parser does decides, and where its documents are silent the answer is the one given at the code below; each
/// such case is in the tests. The scanner never fails: whatever the bytes are, it comes to their end, and what it could not
/// take as it stands is in ``problems``. It works over byte offsets with `memchr`; text is made by whoever asks for it.
///
/// Copies of the views in an ``Item`` must not outlive the next call of ``next()``, nor the buffer given at the start.
package struct ConfScanner: ~Copyable {
    /// What a call of ``ConfScanner/next()`` found.
    package enum Item {
        /// A header. The name is what stands between the first `[` and the last `]` of the line, blanks included; it may
        /// be empty (`[]`, app-wide permissions in .meta files).
        case stanza(name: ConfText, line: Int)
        /// A setting of the stanza before it (of the global stanza `default` if there was no header yet). Blanks around
        /// key and value are gone; a value of several lines has LF between them and no backslashes.
        case setting(key: ConfText, value: ConfText, line: Int)
    }

    private let input: ConfInput
    private let limits: ConfLimits
    private let lineEnd: UInt8
    private var offset = 0
    private var lineNumber = 0
    private var joined = GrowingBytes()
    /// Where the line at hand begins and ends, its terminator excluded.
    private var lineStart = 0
    private var lineStop = 0
    /// Whether its very last character is a backslash. Seen before the line is cut at the limit, or the lines after a long
    /// one would be taken for settings.
    private var lineContinues = false

    /// What was found so far, in order, at most as many as the limits say.
    package private(set) var problems: [ConfProblem]
    /// Problems beyond the limit.
    package private(set) var omittedProblems = 0
    /// Lines without `=` that are neither header, comment nor blank. Splunk ignores them in silence, so they are counted
    /// here and are no problems.
    package private(set) var ignoredLines = 0

    /// A scanner over a whole file. `bytes` must stay valid as long as the scanner.
    package init(_ bytes: UnsafeRawBufferPointer, limits: ConfLimits = ConfLimits()) {
        input = ConfInput(bytes)
        self.limits = limits
        lineEnd = input.lineEnd
        problems = input.problems
    }

    /// The next header or setting; nil at the end of the file.
    package mutating func next() -> Item? {
        while advanceLine() {
            let text = input.text
            let start = Self.skipBlanks(text, lineStart, lineStop)
            guard start < lineStop else { continue }
            switch text[start] {
            case UInt8(ascii: "#"), UInt8(ascii: ";"):
                // Also when it ends in a backslash: a comment that continued would swallow a live setting.
                continue
            case UInt8(ascii: "["):
                if let item = header(from: start) { return item }
            case UInt8(ascii: "*"):
                report(.starLine, "a line that starts with * was ignored")
            default:
                guard let separator = text.firstIndex(ofByte: UInt8(ascii: "="), from: start, to: lineStop) else {
                    ignoredLines += 1
                    continue
                }
                if let item = setting(from: start, separator: separator) { return item }
            }
        }
        return nil
    }

    // MARK: Lines

    /// Steps to the next physical line and cuts it at the limit. False at the end of the file.
    private mutating func advanceLine() -> Bool {
        let text = input.text
        guard offset < text.count else { return false }
        lineNumber &+= 1
        lineStart = offset
        let end = text.firstIndex(ofByte: lineEnd, from: offset, to: text.count)
        lineStop = end ?? text.count
        offset = lineStop &+ 1
        // CR LF; in a file whose lines end with CR there is nothing to strip.
        if lineEnd == 0x0A && lineStop > lineStart && end != nil && text[lineStop &- 1] == 0x0D { lineStop &-= 1 }
        lineContinues = lineStop > lineStart && text[lineStop &- 1] == UInt8(ascii: "\\")
        if lineStop &- lineStart > limits.lineBytes {
            let limit = limits.lineBytes
            report(.lineTooLong, "a line longer than \(limit) bytes was cut")
            lineStop = characterBoundary(lineStart + limit, in: text)
        }
        return true
    }

    // MARK: Headers

    private mutating func header(from start: Int) -> Item? {
        let text = input.text
        guard let close = text.lastIndex(ofByte: UInt8(ascii: "]"), from: start, to: lineStop) else {
            report(.unclosedStanza, "a stanza header without ] was ignored; the settings after it belong to the stanza before")
            return nil
        }
        if Self.skipBlanks(text, close + 1, lineStop) < lineStop {
            report(.textAfterStanza, "the text behind the last ] of a stanza header was dropped")
        }
        return .stanza(name: name(start + 1, close, "stanza name"), line: lineNumber)
    }

    // MARK: Settings

    private mutating func setting(from start: Int, separator: Int) -> Item? {
        let text = input.text
        let line = lineNumber
        let keyEnd = Self.dropBlanks(text, start, separator)
        let valueStart = separator + 1
        var value = text.slice(valueStart, lineStop)
        if lineContinues { value = joinLines(from: valueStart) }
        guard keyEnd > start else {
            report(.emptyKey, "a line without a key before its = was ignored", at: line)
            return nil
        }
        if Self.holdsBlank(text, start, keyEnd) {
            report(.keyWithBlanks, "a key with blanks inside was kept as it stands", at: line)
        }
        let key = name(start, keyEnd, "key", at: line)
        let from = Self.skipBlanks(value, 0, value.count)
        var to = Self.dropBlanks(value, from, value.count)
        if to - from > limits.valueBytes {
            let limit = limits.valueBytes
            report(.valueTooLong, "a value longer than \(limit) bytes was cut", at: line)
            to = characterBoundary(from + limit, in: value)
        }
        return .setting(key: key, value: ConfText(value.slice(from, to), input.encoding), line: line)
    }

    /// Joins the line at hand, from `valueStart` on, with the lines that its backslash draws in: each backslash goes, the
    /// line break stays, and what the next line looks like does not matter. The last line is the first one that does not
    /// end with a backslash, a blank one included.
    private mutating func joinLines(from valueStart: Int) -> UnsafeRawBufferPointer {
        joined.removeAll()
        appendJoined(valueStart, continued: true)
        while advanceLine() {
            appendJoined(lineStart, continued: lineContinues)
            if !lineContinues { break }
        }
        return joined.bytes
    }

    private mutating func appendJoined(_ from: Int, continued: Bool) {
        // Twice the limit is enough to know that the value is too long, and bounds what a hostile file makes us copy.
        let room = max(limits.valueBytes * 2 - joined.count, 0)
        let endsWithBackslash = continued && lineStop > from && input.text[lineStop - 1] == UInt8(ascii: "\\")
        let stop = endsWithBackslash ? lineStop - 1 : lineStop
        joined.append(input.text.slice(from, min(stop, from + room)))
        if continued { joined.append(0x0A) }
    }

    // MARK: Pieces

    private mutating func name(_ from: Int, _ to: Int, _ what: String, at line: Int? = nil) -> ConfText {
        let text = input.text
        let limit = limits.valueBytes
        guard to - from > limit else { return ConfText(text.slice(from, to), input.encoding) }
        report(.nameTooLong, "a \(what) longer than \(limit) bytes was cut", at: line)
        return ConfText(text.slice(from, characterBoundary(from + limit, in: text)), input.encoding)
    }

    private mutating func report(_ code: ConfProblem.Code, _ detail: String, at line: Int? = nil) {
        guard problems.count < limits.problems else {
            omittedProblems += 1
            return
        }
        problems.append(ConfProblem(code: code, line: line ?? lineNumber, detail: detail))
    }

    /// The last offset up to `offset` at which a character begins.
    private func characterBoundary(_ offset: Int, in text: UnsafeRawBufferPointer) -> Int {
        guard input.encoding == .utf8 else { return offset }
        var boundary = offset
        while boundary > 0 && boundary < text.count && text[boundary] & 0xC0 == 0x80 { boundary -= 1 }
        return boundary
    }

    /// ASCII blanks only: a no-break space, U+0085 or U+2028 is an ordinary character.
    @inline(__always)
    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || (byte <= 0x0D && byte >= 0x09)
    }

    @inline(__always)
    private static func skipBlanks(_ text: UnsafeRawBufferPointer, _ from: Int, _ to: Int) -> Int {
        var index = from
        while index < to && isBlank(text[index]) { index &+= 1 }
        return index
    }

    @inline(__always)
    private static func dropBlanks(_ text: UnsafeRawBufferPointer, _ from: Int, _ to: Int) -> Int {
        var index = to
        while index > from && isBlank(text[index &- 1]) { index &-= 1 }
        return index
    }

    @inline(__always)
    private static func holdsBlank(_ text: UnsafeRawBufferPointer, _ from: Int, _ to: Int) -> Bool {
        var index = from
        while index < to {
            if isBlank(text[index]) { return true }
            index &+= 1
        }
        return false
    }
}
