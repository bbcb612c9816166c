package import JSONText

/// What a reference leads to.
package enum ExpressionValue: Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case text(String)
    /// Any value, as it was written.
    case json(JSONValue)

    /// The same value as a case of its own, where it is one of the plain ones. Numbers stay as they were written.
    var plain: ExpressionValue {
        guard case .json(let value) = self else { return self }
        switch value.kind {
        case .null: return .null
        case .bool: return .bool(value.bool ?? false)
        case .string: return .text(value.string ?? "")
        case .number, .object, .array: return self
        }
    }

    /// JSON text; the digits of numbers are kept.
    var json: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .text(let value): JSONLiteral.quoted(value)
        case .json(let value): value.rawText
        }
    }

    /// What stands in its place inside other text: a string as it is, all else as JSON.
    var inserted: String {
        if case .text(let value) = plain { value } else { json }
    }

    /// What people call it.
    var kind: JSONValue.Kind {
        switch self {
        case .null: .null
        case .bool: .bool
        case .integer: .number
        case .text: .string
        case .json(let value): value.kind
        }
    }
}

extension JSONValue.Kind {
    /// With its article, for sentences.
    var phrase: String {
        switch self {
        case .object: "an object"
        case .array: "a list"
        case .string: "a string"
        case .number: "a number"
        case .bool: "true or false"
        case .null: "null"
        }
    }
}
