/// The bytes of one file made ready for the scanner: byte order marks dropped, UTF-16 decoded, encoding and line ends known.
///
/// Nothing is copied unless the file is UTF-16: Windows-1252 and NUL are translated where text leaves the scanner, because a
/// translated copy of a hostile file would be three times its size.
struct ConfInput: ~Copyable {
    /// How the text is encoded after decoding.
    let encoding: ConfText.Encoding
    /// The byte that ends lines: LF, or CR if the file has no LF.
    let lineEnd: UInt8
    /// What was found on the way.
    let problems: [ConfProblem]

    private let source: UnsafeRawBufferPointer
    private let decoded: GrowingBytes

    /// The text to scan. Valid as long as this value and the buffer that it was made from.
    var text: UnsafeRawBufferPointer {
        source.baseAddress == nil ? decoded.bytes : source
    }

    /// Examines `bytes`, which must stay valid as long as this value.
    init(_ bytes: UnsafeRawBufferPointer) {
        var problems: [ConfProblem] = []
        var text = bytes
        var decoded = GrowingBytes()
        var halves: Int?
        if bytes.count >= 2 && (bytes[0], bytes[1]) == (0xFF, 0xFE) {
            halves = UTF16Decoding.decode(bytes.slice(2, bytes.count), bigEndian: false, into: &decoded)
            text = decoded.bytes
        } else if bytes.count >= 2 && (bytes[0], bytes[1]) == (0xFE, 0xFF) {
            halves = UTF16Decoding.decode(bytes.slice(2, bytes.count), bigEndian: true, into: &decoded)
            text = decoded.bytes
        } else if bytes.count >= 3 && (bytes[0], bytes[1], bytes[2]) == (0xEF, 0xBB, 0xBF) {
            text = bytes.slice(3, bytes.count)
        }

        let hasLF = text.firstIndex(ofByte: 0x0A) != nil
        let crOnly = !hasLF && text.firstIndex(ofByte: 0x0D) != nil
        lineEnd = crOnly ? 0x0D : 0x0A
        if let halves, halves > 0 {
            problems.append(ConfProblem(code: .invalidUTF16, line: 1, detail: "\(halves) incomplete UTF-16 characters were replaced"))
        }
        if crOnly {
            problems.append(ConfProblem(code: .crLineEnds, line: 1, detail: "lines end with CR alone"))
        }
        if let offset = UTF8Check.firstInvalidOffset(in: text) {
            encoding = .windows1252
            let line = 1 + text.occurrences(ofByte: lineEnd, before: offset)
            problems.append(ConfProblem(code: .notUTF8, line: line, detail: "not UTF-8 from here on; the file was read as Windows-1252"))
        } else {
            encoding = .utf8
        }
        if let offset = text.firstIndex(ofByte: 0) {
            let line = 1 + text.occurrences(ofByte: lineEnd, before: offset)
            problems.append(ConfProblem(code: .nulCharacter, line: line, detail: "NUL characters were replaced with U+FFFD"))
        }
        self.problems = problems
        source = halves == nil ? text : UnsafeRawBufferPointer(start: nil, count: 0)
        self.decoded = decoded
    }
}
