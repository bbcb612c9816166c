/// A JSON value whose strings may hold references, `"${params.x}"`, read once and filled in for each task.
///
/// A string that consists of one reference becomes the value with its JSON type. Inside other text a string is inserted as it is,
/// any other value as JSON. `$${` stands for `${`. What has no reference in it keeps the bytes that the client sent, without the white
/// space between values.
package struct Template: Sendable, Equatable {
    /// A piece of the result.
    enum Part: Sendable, Equatable {
        /// JSON text.
        case literal(String)
        /// A whole value: index of the use.
        case value(Int)
        /// A piece of a string, whose quotes belong to the literals around it: index of the use.
        case inserted(Int)
    }

    /// One place where a reference stands.
    package struct Use: Sendable, Equatable {
        /// What it refers to.
        package let reference: Reference
        /// The whole string in which it stands; columns count in it.
        package let expression: String
        /// Where that string stands in the value: names of members and positions, from the outside in.
        package let path: [String]

        /// An error at this place.
        package func error(_ message: String) -> ExpressionError {
            ExpressionError(expression, column: reference.column, message)
        }
    }

    /// The value as the definition has it, references unresolved.
    package let source: String
    let parts: [Part]
    /// The references in order.
    package let uses: [Use]

    init(source: String, parts: [Part], uses: [Use]) {
        self.source = source
        self.parts = parts
        self.uses = uses
    }

    /// The object without members.
    package static let empty = Template(source: "{}", parts: [.literal("{}")], uses: [])

    /// Whether it has no references: ``staticText`` is what it always becomes.
    package var isStatic: Bool { uses.isEmpty }

    /// What it always becomes; nil when it has references.
    package var staticText: String? {
        guard isStatic else { return nil }
        return parts.reduce(into: "") { text, part in
            if case .literal(let literal) = part { text += literal }
        }
    }

    /// Its one reference when the whole value is that reference; nil for any other.
    package var wholeReference: Reference? {
        if parts.count == 1, case .value(let use) = parts[0] { uses[use].reference } else { nil }
    }

    /// Names of the secrets that it refers to, as often as it does.
    package var secrets: [String] {
        uses.compactMap { use in if case .secret(let name) = use.reference.source { name } else { nil } }
    }

    /// Ids of the nodes whose outputs it reads, each once, in order of first use.
    package var nodes: [String] {
        var seen: Set<String> = []
        return uses.compactMap { use in
            if case .output(let node) = use.reference.source, seen.insert(node).inserted { node } else { nil }
        }
    }
}
