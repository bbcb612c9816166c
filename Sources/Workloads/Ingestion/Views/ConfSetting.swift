import JSONText
import Storage

/// One setting of a stanza as it stands in its file.
struct ConfSetting: Sendable, Equatable {
    let key: String
    let value: String
    let line: Int64

    /// Decodes the `settings` of a stored stanza: in the order of the file, repeated keys as often as they stand there.
    /// - Throws: ``StorageError`` when the column holds something else.
    static func decode(_ stored: String) throws -> [ConfSetting] {
        let document: JSONDocument
        do throws(JSONSyntaxError) { document = try JSONDocument(parsing: Array(stored.utf8)) } catch {
            throw StorageError(.corrupt, "the settings of a stanza are no JSON: \(error.reason)")
        }
        return document.root.elements.map { setting in
            ConfSetting(key: setting["key"]?.string ?? "", value: setting["value"]?.string ?? "", line: setting["line"]?.int64 ?? 0)
        }
    }
}
