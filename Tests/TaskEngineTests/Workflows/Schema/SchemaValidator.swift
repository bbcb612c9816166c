import JSONText

/// The part of JSON Schema 2020-12 that docs/workflow.schema.json uses. A keyword that it does not know is a fault of the schema.
struct SchemaValidator {
    /// Keywords that say nothing about validity.
    private static let comments: Set<String> = ["$schema", "title", "description", "$defs"]

    let root: JSONValue
    /// Keywords that were met and are not known.
    private(set) var unknownKeywords: Set<String> = []

    init(_ text: String) throws {
        root = try JSONDocument(parsing: text).root
    }

    mutating func accepts(_ value: JSONValue) -> Bool { accepts(value, root) }

    private mutating func accepts(_ value: JSONValue, _ schema: JSONValue) -> Bool {
        var isValid = true
        for (keyword, rule) in schema.members where !Self.comments.contains(keyword) {
            if !check(keyword, rule, value, schema) { isValid = false }
        }
        return isValid
    }

    private mutating func check(_ keyword: String, _ rule: JSONValue, _ value: JSONValue, _ schema: JSONValue) -> Bool {
        switch keyword {
        case "$ref": return definition(rule.string ?? "").map { accepts(value, $0) } ?? false
        case "type": return (rule.string.map { [$0] } ?? rule.elements.compactMap(\.string)).contains { Self.has($0, value) }
        case "enum": return rule.elements.contains { $0.canonicalText == value.canonicalText }
        case "required": return value.kind != .object || rule.elements.allSatisfy { $0.string.flatMap { value[$0] } != nil }
        case "properties":
            return value.members.map { key, inner in rule[key].map { accepts(inner, $0) } ?? true }.allSatisfy(\.self)
        case "additionalProperties":
            let known = Set(schema["properties"]?.members.map(\.key) ?? [])
            let others = value.members.filter { !known.contains($0.key) }
            if rule.bool == false { return others.isEmpty }
            return others.map { accepts($0.value, rule) }.allSatisfy(\.self)
        case "items": return value.elements.map { accepts($0, rule) }.allSatisfy(\.self)
        case "minItems": return value.kind != .array || value.elements.count >= rule.int64 ?? 0
        case "maxItems": return value.kind != .array || value.elements.count <= rule.int64 ?? 0
        case "minLength": return value.string.map { $0.unicodeScalars.count >= rule.int64 ?? 0 } ?? true
        case "maxLength": return value.string.map { $0.unicodeScalars.count <= rule.int64 ?? 0 } ?? true
        case "minimum": return value.double.map { $0 >= rule.double ?? 0 } ?? true
        case "maximum": return value.double.map { $0 <= rule.double ?? 0 } ?? true
        case "pattern": return value.string.map { Self.matches($0, rule.string ?? "") } ?? true
        case "oneOf": return rule.elements.count { accepts(value, $0) } == 1
        default:
            unknownKeywords.insert(keyword)
            return false
        }
    }

    private func definition(_ reference: String) -> JSONValue? {
        let prefix = "#/$defs/"
        guard reference.hasPrefix(prefix) else { return nil }
        return root["$defs"]?[String(reference.dropFirst(prefix.count))]
    }

    private static func has(_ type: String, _ value: JSONValue) -> Bool {
        switch type {
        case "integer": value.int64 != nil
        case "boolean": value.kind == .bool
        default: value.kind.rawValue == type
        }
    }

    private static func matches(_ text: String, _ pattern: String) -> Bool {
        guard let regex = try? Regex(pattern) else { return false }
        return text.firstMatch(of: regex) != nil
    }
}
