/// Why an expression cannot be read or has no value, and where. It never quotes a value of a run, only the definition's own text.
package struct ExpressionError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Longest part of an expression that an error repeats, in characters.
    static let longestQuote = 200

    /// The text that the definition has, shortened.
    package let expression: String
    /// Where it stands in the expression, in characters from 1.
    package let column: Int
    /// What is wrong and what would be right, in words for people.
    package let message: String

    init(_ expression: String, column: Int, _ message: String) {
        let isLong = expression.unicodeScalars.count > Self.longestQuote
        self.expression = isLong ? String(String.UnicodeScalarView(expression.unicodeScalars.prefix(Self.longestQuote))) + "…" : expression
        self.column = column
        self.message = message
    }

    /// Expression, column and message.
    package var description: String { "\(expression), column \(column): \(message)" }

    /// The same with the node whose expression it is, as a node's error says it.
    package func sentence(node: String) -> String { "node '\(node)': \(self)" }
}
