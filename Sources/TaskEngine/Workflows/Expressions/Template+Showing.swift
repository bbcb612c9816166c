extension Template {
    /// The JSON text as far as it is known: references that lead somewhere are filled in, the others stay as `${…}`. Secrets
    /// always stay, so that nobody reads them who may only look.
    /// - Parameters:
    ///   - unknown: nodes whose outputs are not known yet, or not at hand.
    ///   - maxBytes: a value with which the text would have more stays a reference.
    package func shown(with values: ReferenceValues, unknown: Set<String> = [], maxBytes: Int = Template.mostBytes) -> String {
        var result = ""
        for part in parts {
            switch part {
            case .literal(let text): result += text
            case .value(let index):
                let reference = uses[index].reference
                let json = known(reference, values, unknown)?.json
                result += json.flatMap { Self.fits($0, result, maxBytes) } ?? JSONLiteral.quoted("${\(reference.text)}")
            case .inserted(let index):
                let reference = uses[index].reference
                let text = known(reference, values, unknown).map { JSONLiteral.inside($0.inserted) }
                result += text.flatMap { Self.fits($0, result, maxBytes) } ?? JSONLiteral.inside("${\(reference.text)}")
            }
        }
        return result
    }

    /// Nil for what is not known, and for what leads nowhere: then the node will fail, and says so itself.
    private func known(_ reference: Reference, _ values: ReferenceValues, _ unknown: Set<String>) -> ExpressionValue? {
        switch reference.source {
        case .secret: return nil
        case .output(let node) where unknown.contains(node): return nil
        case .output, .parameter, .item, .index, .runID: break
        }
        do {
            return try values.value(of: reference)
        } catch {
            return nil
        }
    }

    private static func fits(_ text: String, _ result: String, _ maxBytes: Int) -> String? {
        text.utf8.count <= maxBytes - result.utf8.count ? text : nil
    }
}
