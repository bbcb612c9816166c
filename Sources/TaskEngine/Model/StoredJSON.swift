import JSONText

/// Reads the small JSON texts that rows hold: names of queues and types, limits, tags. They were written by Millrace or checked
/// before they were stored, so a text that is no JSON is read as an empty one.
package enum StoredJSON {
    /// The strings of an array, in its order; other elements are passed over.
    package static func words(_ text: String) -> [String] {
        guard let document = try? JSONDocument(parsing: text) else { return [] }
        return document.root.elements.compactMap(\.string)
    }

    /// The whole of a text; nil for one that is no JSON.
    static func value(_ text: String) -> JSONValue? {
        (try? JSONDocument(parsing: text))?.root
    }

    /// The members of an object, in its order.
    static func members(_ text: String) -> [(key: String, value: JSONValue)] {
        guard let document = try? JSONDocument(parsing: text) else { return [] }
        return document.root.members
    }
}
