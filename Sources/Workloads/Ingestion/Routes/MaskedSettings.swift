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
                    object.field("value", Self.masked(key, setting["value"]?.string ?? ""))
                    object.field("line", setting["line"]?.int64)
                }
            }
        }
        json = writer.text
    }

    private static func masked(_ key: String, _ value: String) -> String {
        isSamplePattern(key) && !Redaction.isSecretValue(value) ? value : Redaction.masked(key: key, value: value)
    }

    /// `token.<n>.token` of eventgen.conf: a pattern to be replaced in samples, thousands of them, and no access token.
    private static func isSamplePattern(_ key: String) -> Bool {
        let parts = key.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 3 && parts[0] == "token" && parts[2] == "token" && !parts[1].isEmpty && parts[1].allSatisfy(\.isNumber)
    }
}
