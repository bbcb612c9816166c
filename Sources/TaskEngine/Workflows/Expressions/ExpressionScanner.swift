import JSONText

/// Reads an expression character by character. Columns count Unicode scalars from 1.
struct ExpressionScanner {
    /// Most steps into one value.
    static let mostSteps = 64

    let text: String
    let scalars: [Unicode.Scalar]
    var position: Int

    init(_ text: String, at position: Int = 0) {
        self.text = text
        scalars = Array(text.unicodeScalars)
        self.position = position
    }

    var column: Int { position + 1 }
    var isAtEnd: Bool { position >= scalars.count }
    var next: Unicode.Scalar? { isAtEnd ? nil : scalars[position] }

    static func isNameStart(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "_": true
        default: false
        }
    }

    static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
        isNameStart(scalar) || isDigit(scalar) || scalar == "-"
    }

    static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
        ("0"..."9").contains(scalar)
    }

    func failure(_ message: String, at position: Int? = nil) -> ExpressionError {
        ExpressionError(text, column: (position ?? self.position) + 1, message)
    }

    mutating func skipSpace() {
        while let scalar = next, scalar == " " || scalar == "\t" || scalar == "\n" || scalar == "\r" { position += 1 }
    }

    /// Goes on behind `word` if it stands here.
    mutating func take(_ word: String) -> Bool {
        let wanted = word.unicodeScalars
        guard scalars[position...].starts(with: wanted) else { return false }
        position += wanted.count
        return true
    }

    /// A word that begins with a letter; nil if none stands here.
    mutating func name() -> String? {
        guard let first = next, Self.isNameStart(first) else { return nil }
        return nameRest()
    }

    /// What names what stands behind a dot: digits may come first.
    mutating func nameRest() -> String? {
        let start = position
        while let scalar = next, Self.isNamePart(scalar) { position += 1 }
        return position > start ? string(from: start) : nil
    }

    func string(from start: Int) -> String {
        String(String.UnicodeScalarView(scalars[start..<position]))
    }

    /// A string in double quotes with the escapes of JSON.
    mutating func quoted() throws(ExpressionError) -> String {
        let start = position
        position += 1
        while let scalar = next, scalar != "\"" { position += scalar == "\\" ? 2 : 1 }
        guard !isAtEnd else {
            position = start
            throw failure("the string that begins here is not closed")
        }
        position += 1
        guard let document = try? JSONDocument(parsing: string(from: start), maxDepth: 0), let value = document.root.string else {
            throw failure("the string that begins here has an escape that JSON does not know", at: start)
        }
        return value
    }
}
