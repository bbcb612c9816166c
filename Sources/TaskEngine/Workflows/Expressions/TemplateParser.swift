package import JSONText

/// Reads a JSON value as a template and remembers everything that is wrong in it.
struct TemplateParser {
    /// Longest string with references in it, in characters. Strings without references may be longer.
    static let longestString = 65_536
    /// Most references of one template: each looks through a value that may be large.
    static let mostUses = 1000

    private(set) var faults: [TemplateFault] = []
    private var parts: [Template.Part] = []
    private var literal: [UInt8] = []
    private var uses: [Template.Use] = []
    private var path: [String] = []

    /// The whole template. The depth of the recursion is that of the document, which its parser has limited.
    mutating func template(_ value: JSONValue) -> Template {
        read(value)
        flush()
        return Template(source: value.compactText, parts: parts, uses: uses)
    }

    private mutating func read(_ value: JSONValue) {
        switch value.kind {
        case .object: readMembers(value)
        case .array: readElements(value)
        case .string: readString(value)
        case .number, .bool, .null: literal += value.rawBytes
        }
    }

    private mutating func readMembers(_ value: JSONValue) {
        literal.append(UInt8(ascii: "{"))
        for (position, member) in value.members.enumerated() {
            if position > 0 { literal.append(UInt8(ascii: ",")) }
            path.append(member.key)
            if let column = Self.firstReference(in: member.key) {
                let message = "a reference cannot name a member; use it in the member's value"
                faults.append(TemplateFault(path: path, error: ExpressionError(member.key, column: column, message)))
            }
            literal += JSONLiteral.quoted(member.key).utf8
            literal.append(UInt8(ascii: ":"))
            read(member.value)
            path.removeLast()
        }
        literal.append(UInt8(ascii: "}"))
    }

    private mutating func readElements(_ value: JSONValue) {
        literal.append(UInt8(ascii: "["))
        for (position, element) in value.elements.enumerated() {
            if position > 0 { literal.append(UInt8(ascii: ",")) }
            path.append(String(position))
            read(element)
            path.removeLast()
        }
        literal.append(UInt8(ascii: "]"))
    }

    private mutating func readString(_ value: JSONValue) {
        guard let text = value.string, Self.firstReference(in: text) != nil else {
            literal += value.rawBytes
            return
        }
        do {
            try readExpression(text)
        } catch {
            faults.append(TemplateFault(path: path, error: error))
        }
    }

    private mutating func readExpression(_ text: String) throws(ExpressionError) {
        var scanner = ExpressionScanner(text)
        guard scanner.scalars.count <= Self.longestString else {
            throw scanner.failure("a string with references has at most \(Self.longestString) characters")
        }
        let (pieces, references) = try Self.split(&scanner)
        if uses.count + references.count > Self.mostUses, let last = references.last {
            throw ExpressionError(
                text, column: last.column, "one value has at most \(Self.mostUses) references; refer to what holds them all")
        }
        // Nothing but a reference: the value keeps its type.
        if references.count == 1, pieces.allSatisfy(\.isEmpty) {
            flush()
            parts.append(.value(use(references[0], text)))
            return
        }
        literal.append(UInt8(ascii: "\""))
        for (position, piece) in pieces.enumerated() {
            literal += JSONLiteral.inside(piece).utf8
            guard position < references.count else { continue }
            flush()
            parts.append(.inserted(use(references[position], text)))
        }
        literal.append(UInt8(ascii: "\""))
    }

    /// The text around the references, one piece more than there are references.
    private static func split(_ scanner: inout ExpressionScanner) throws(ExpressionError) -> ([String], [Reference]) {
        var pieces = [""]
        var references: [Reference] = []
        while let scalar = scanner.next {
            if scanner.take("$${") {
                pieces[pieces.count - 1] += "${"
            } else if scanner.take("${") {
                references.append(try scanner.bracedReference())
                pieces.append("")
            } else {
                pieces[pieces.count - 1].unicodeScalars.append(scalar)
                scanner.position += 1
            }
        }
        return (pieces, references)
    }

    private mutating func use(_ reference: Reference, _ expression: String) -> Int {
        uses.append(Template.Use(reference: reference, expression: expression, path: path))
        return uses.count - 1
    }

    private mutating func flush() {
        if !literal.isEmpty { parts.append(.literal(String(decoding: literal, as: UTF8.self))) }
        literal = []
    }

    /// The column of the first `${`; nil if there is none.
    private static func firstReference(in text: String) -> Int? {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return nil }
        let scalars = text.unicodeScalars
        return zip(scalars, scalars.dropFirst()).enumerated().first { $0.element == ("$", "{") }.map { $0.offset + 1 }
    }
}

extension ExpressionScanner {
    /// Reads a reference and the brace behind it; the opening `${` was read.
    mutating func bracedReference() throws(ExpressionError) -> Reference {
        let start = position - 2
        skipSpace()
        let reference = try reference()
        skipSpace()
        if isAtEnd { throw failure("the '${' that begins here is not closed; write '$${' for the characters themselves", at: start) }
        guard take("}") else { throw failure("'}' expected: only a reference may stand in ${…}") }
        return reference
    }
}

/// Something wrong in a template, and in which of its strings.
package struct TemplateFault: Sendable, Equatable {
    /// Names of members and positions in arrays, from the outside in.
    package let path: [String]
    /// What is wrong.
    package let error: ExpressionError
}

extension Template {
    /// Reads a value; with faults it must not be used.
    package static func parse(_ value: JSONValue) -> (template: Template, faults: [TemplateFault]) {
        var parser = TemplateParser()
        let template = parser.template(value)
        return (template, parser.faults)
    }
}
