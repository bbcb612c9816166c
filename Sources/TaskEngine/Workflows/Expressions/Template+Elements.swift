package import JSONText

extension Template {
    /// The elements of the list that this template becomes: what a `foreach` goes through.
    /// - Parameter most: how many there may be.
    /// - Throws: ``ExpressionError`` when it leads nowhere, to something that is no list, or to a list that is too long.
    package func elements(with values: ReferenceValues, most: Int = 10_000) throws(ExpressionError) -> [JSONValue] {
        let text = try resolve(with: values)
        guard let list = try? JSONDocument(parsing: text, maxDepth: RunValues.deepest).root else {
            throw failure("with these values it is nested too deeply")
        }
        guard list.kind == .array else { throw failure("a list expected, this is \(list.kind.phrase)") }
        let elements = list.elements
        guard elements.count <= most else { throw failure("the list has \(elements.count) elements, at most \(most) are allowed") }
        return elements
    }

    private func failure(_ message: String) -> ExpressionError {
        uses.first?.error(message) ?? ExpressionError(source, column: 1, message)
    }
}
