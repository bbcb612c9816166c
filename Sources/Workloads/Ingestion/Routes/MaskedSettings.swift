import JSONText
import Storage
import WebCore

/// The settings of a stanza as they may be shown: secrets are replaced, everything else stands as in the file.
struct MaskedSettings {
    /// JSON array of `{key, value, line}`.
    let json: String

    /// - Parameter stored: the settings as they are stored.
    init(_ stored: String) throws {
        let document: JSONDocument
        do throws(JSONSyntaxError) { document = try JSONDocument(parsing: Array(stored.utf8)) } catch {
            throw StorageError(.corrupt, "the settings of a stanza are no JSON: \(error.reason)")
        }
        var writer = JSONWriter(capacity: stored.utf8.count + 64)
        writer.array { array in
            for setting in document.root.elements {
                let key = setting["key"]?.string ?? ""
                array.object { object in
                    object.field("key", key)
                    object.field("value", Redaction.masked(key: key, value: setting["value"]?.string ?? ""))
                    object.field("line", setting["line"]?.int64)
                }
            }
        }
        json = writer.text
    }
}
