import JSONText

/// What lists find tasks by: a text for each tag and each plain member of the metadata.
package enum TaskLabel {
    /// Longest key of a member that can be searched for, in characters.
    package static let longestKey = 100
    /// Longest value of a member that can be searched for, in characters.
    package static let longestValue = 200

    /// The label of a tag.
    package static func tag(_ tag: String) -> String { "t:" + tag }

    /// The label of a member of the metadata. The equals sign separates: one inside the key is escaped.
    /// - Parameter value: the text of a string; a number or a word (`true`, `false`, `null`) as it is written.
    package static func member(_ key: String, _ value: String) -> String {
        var escaped = String.UnicodeScalarView()
        for scalar in key.unicodeScalars {
            if scalar == "=" || scalar == "\\" { escaped.append("\\") }
            escaped.append(scalar)
        }
        return "m:\(String(escaped))=\(value)"
    }

    /// All labels of a task. Objects, arrays and what is longer than the limits have none.
    /// - Parameters:
    ///   - tags: JSON array of strings; nil for none.
    ///   - metadata: JSON object; nil for none.
    static func all(tags: String?, metadata: String?) -> [String] {
        guard tags != nil || metadata != nil else { return [] }
        return (tags.map(labels(ofTags:)) ?? []) + (metadata.map(labels(ofMetadata:)) ?? [])
    }

    private static func labels(ofTags text: String) -> [String] {
        StoredJSON.words(text).map(tag)
    }

    private static func labels(ofMetadata text: String) -> [String] {
        StoredJSON.members(text).compactMap { key, value in
            guard let value = searchable(value), isAtMost(longestKey, key), isAtMost(longestValue, value) else { return nil }
            return member(key, value)
        }
    }

    private static func searchable(_ value: JSONValue) -> String? {
        switch value.kind {
        case .string: value.string
        case .number, .bool, .null: value.rawText
        case .object, .array: nil
        }
    }

    private static func isAtMost(_ limit: Int, _ text: String) -> Bool {
        text.utf8.count <= limit || text.unicodeScalars.count <= limit
    }
}
