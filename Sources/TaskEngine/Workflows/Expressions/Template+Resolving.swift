extension Template {
    /// Longest result unless said otherwise: a reference may stand for a whole output, and any number of them in one template.
    package static let mostBytes = 4 * 1024 * 1024

    /// The JSON text with all references filled in. Pure: equal values give equal text.
    /// - Throws: ``ExpressionError`` when a reference leads nowhere, or for the reference with which the text exceeds `maxBytes`.
    package func resolve(with values: ReferenceValues, maxBytes: Int = Template.mostBytes) throws(ExpressionError) -> String {
        if let staticText { return staticText }
        var result = ""
        for part in parts {
            switch part {
            case .literal(let text): result += text
            case .value(let index): try append(try value(uses[index], values).json, to: &result, uses[index], maxBytes)
            case .inserted(let index):
                let text = try value(uses[index], values).inserted
                try append(JSONLiteral.inside(text), to: &result, uses[index], maxBytes)
            }
        }
        return result
    }

    private func value(_ use: Use, _ values: ReferenceValues) throws(ExpressionError) -> ExpressionValue {
        do {
            return try values.value(of: use.reference)
        } catch {
            throw error.error(use.reference, in: use.expression)
        }
    }

    private func append(_ text: String, to result: inout String, _ use: Use, _ maxBytes: Int) throws(ExpressionError) {
        guard text.utf8.count <= maxBytes - result.utf8.count else {
            throw use.error("with this value the text has more than \(maxBytes) bytes; store it as an artifact and pass its name")
        }
        result += text
    }
}
