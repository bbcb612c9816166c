import JSONText

/// Reads the text of a condition by recursive descent; see ``Condition`` for the grammar and its limits.
struct ConditionParser {
    private var scanner: ExpressionScanner
    private var depth = 0
    /// What was referred to so far.
    private(set) var references: [Reference] = []

    init(_ text: String) {
        scanner = ExpressionScanner(text)
    }

    mutating func whole() throws(ExpressionError) -> ConditionTerm {
        guard scanner.scalars.count <= Condition.longestText else {
            throw scanner.failure("a condition has at most \(Condition.longestText) characters")
        }
        let term = try disjunction()
        scanner.skipSpace()
        guard scanner.isAtEnd else { throw scanner.failure("'and', 'or', a comparison or the end expected") }
        return term
    }

    private mutating func disjunction() throws(ExpressionError) -> ConditionTerm {
        var terms = [try conjunction()]
        while take(word: "or") { terms.append(try conjunction()) }
        return terms.count == 1 ? terms[0] : .any(terms)
    }

    private mutating func conjunction() throws(ExpressionError) -> ConditionTerm {
        var terms = [try negation()]
        while take(word: "and") { terms.append(try negation()) }
        return terms.count == 1 ? terms[0] : .all(terms)
    }

    private mutating func negation() throws(ExpressionError) -> ConditionTerm {
        var count = 0
        while take(word: "not") { count += 1 }
        let term = try comparison()
        // Two in a row change nothing but that the value must be true or false, which one pair keeps.
        return count == 0 ? term : count % 2 == 1 ? .not(term) : .not(.not(term))
    }

    private mutating func comparison() throws(ExpressionError) -> ConditionTerm {
        let left = try operand()
        guard let (comparison, column) = try takeComparison() else { return left }
        let right = try operand()
        if let (_, column) = try takeComparison() {
            throw scanner.failure("comparisons do not chain: join two with 'and'", at: column - 1)
        }
        return .comparison(left, comparison, right, column: column)
    }

    private mutating func takeComparison() throws(ExpressionError) -> (Comparison, column: Int)? {
        scanner.skipSpace()
        let column = scanner.column
        for comparison in Comparison.allCases where scanner.take(comparison.rawValue) { return (comparison, column) }
        if scanner.next == "=" { throw scanner.failure("equality is written '=='") }
        return nil
    }

    private mutating func operand() throws(ExpressionError) -> ConditionTerm {
        scanner.skipSpace()
        let start = scanner.position
        if scanner.take("(") { return try parenthesised(from: start) }
        if scanner.take("${") { return .reference(try remember(try scanner.bracedReference())) }
        switch scanner.next {
        case "\""?: return .literal(.text(try scanner.quoted()), column: start + 1)
        case "'"?: throw scanner.failure("strings stand in double quotes")
        case let scalar? where ExpressionScanner.isDigit(scalar) || scalar == "-": return try number()
        default: return try word()
        }
    }

    private mutating func parenthesised(from start: Int) throws(ExpressionError) -> ConditionTerm {
        guard depth < Condition.deepestNesting else {
            throw scanner.failure("parentheses nest at most \(Condition.deepestNesting) deep", at: start)
        }
        depth += 1
        let term = try disjunction()
        depth -= 1
        scanner.skipSpace()
        guard scanner.take(")") else { throw scanner.failure("')' expected") }
        return term
    }

    private mutating func number() throws(ExpressionError) -> ConditionTerm {
        let start = scanner.position
        while let scalar = scanner.next, ExpressionScanner.isDigit(scalar) || "+-.eE".unicodeScalars.contains(scalar) {
            scanner.position += 1
        }
        guard let document = try? JSONDocument(parsing: scanner.string(from: start), maxDepth: 0) else {
            throw scanner.failure("not a number as JSON writes it", at: start)
        }
        return .literal(.json(document.root), column: start + 1)
    }

    private mutating func word() throws(ExpressionError) -> ConditionTerm {
        let start = scanner.position
        guard let name = scanner.name() else {
            throw scanner.failure(scanner.isAtEnd ? "the condition ends too early: a value expected" : "a value expected")
        }
        switch name {
        case "true", "false": return .literal(.bool(name == "true"), column: start + 1)
        case "null": return .literal(.null, column: start + 1)
        case "exists": return .exists(try existsArgument())
        case "and", "or": throw scanner.failure("a value expected before '\(name)'", at: start)
        default: return .reference(try remember(try scanner.reference(name, at: start)))
        }
    }

    private mutating func existsArgument() throws(ExpressionError) -> Reference {
        scanner.skipSpace()
        guard scanner.take("(") else { throw scanner.failure("'(' expected, as in exists(params.name)") }
        scanner.skipSpace()
        let reference = scanner.take("${") ? try scanner.bracedReference() : try scanner.reference()
        scanner.skipSpace()
        guard scanner.take(")") else { throw scanner.failure("')' expected: exists takes one reference") }
        return try remember(reference)
    }

    private mutating func remember(_ reference: Reference) throws(ExpressionError) -> Reference {
        guard references.count < Condition.mostReferences else {
            throw scanner.failure("a condition has at most \(Condition.mostReferences) references", at: reference.column - 1)
        }
        references.append(reference)
        return reference
    }

    /// Goes on behind a word that does not go on itself.
    private mutating func take(word: String) -> Bool {
        scanner.skipSpace()
        let start = scanner.position
        if scanner.name() == word { return true }
        scanner.position = start
        return false
    }
}
