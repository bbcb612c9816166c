/// The `when` of a node, read once: comparisons, `and`, `or`, `not`, parentheses, `exists(…)`, references and literals, nothing else.
///
/// ```
/// condition  = and { "or" and }
/// and        = not { "and" not }
/// not        = { "not" } comparison
/// comparison = operand [ ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) operand ]
/// operand    = "(" condition ")" | "exists" "(" reference ")" | reference | literal
/// literal    = "true" | "false" | "null" | number | string in double quotes, as in JSON
/// ```
/// A reference may stand in `${…}` or bare. Reading and evaluating take time and stack in proportion to the length of the text, which
/// is limited, and parentheses nest at most 32 deep.
package struct Condition: Sendable, Equatable {
    /// Longest text in characters.
    package static let longestText = 4096
    /// Most parentheses that are open at once.
    package static let deepestNesting = 32
    /// Most references: each looks through a value that may be large.
    package static let mostReferences = 64

    /// The text as the definition has it.
    package let source: String
    let root: ConditionTerm
    /// The references in order, also those inside `exists`.
    package let references: [Reference]

    init(source: String, root: ConditionTerm, references: [Reference]) {
        self.source = source
        self.root = root
        self.references = references
    }

    /// Reads a text.
    /// - Throws: ``ExpressionError`` for the first thing that is wrong.
    package init(_ text: String) throws(ExpressionError) {
        var parser = ConditionParser(text)
        let root = try parser.whole()
        self.init(source: text, root: root, references: parser.references)
    }

    /// Ids of the nodes whose outputs it reads, each once, in order of first use.
    package var nodes: [String] {
        var seen: Set<String> = []
        return references.compactMap { reference in
            if case .output(let node) = reference.source, seen.insert(node).inserted { node } else { nil }
        }
    }

    package static func == (left: Condition, right: Condition) -> Bool { left.source == right.source }
}

/// A part of a condition. Chains of `and` and `or` are one part each, so that depth comes from parentheses only.
indirect enum ConditionTerm: Sendable {
    case all([ConditionTerm])
    case any([ConditionTerm])
    case not(ConditionTerm)
    case comparison(ConditionTerm, Comparison, ConditionTerm, column: Int)
    case exists(Reference)
    case reference(Reference)
    case literal(ExpressionValue, column: Int)

    /// Where it begins.
    var column: Int {
        switch self {
        case .all(let terms), .any(let terms): terms.first?.column ?? 1
        case .not(let term): term.column
        case .comparison(let left, _, _, _): left.column
        case .exists(let reference), .reference(let reference): reference.column
        case .literal(_, let column): column
        }
    }
}

/// The comparisons there are.
enum Comparison: String, Sendable, CaseIterable {
    // The longer ones first: they begin with the shorter ones.
    case equal = "=="
    case notEqual = "!="
    case lessOrEqual = "<="
    case greaterOrEqual = ">="
    case less = "<"
    case greater = ">"
}
