/// Parts of a JSON pointer (RFC 6901).
package enum JSONPointer {
    /// Writes a key so that it can stand between slashes.
    package static func escape(_ key: String) -> String {
        guard key.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return key }
        var result = ""
        for scalar in key.unicodeScalars {
            switch scalar {
            case "~": result += "~0"
            case "/": result += "~1"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// The first 100 characters of a client's own key, since an answer repeats it.
    static func shortened(_ key: String) -> String {
        key.utf8.count <= 100 ? key : String(key.prefix(100)) + "…"
    }
}
