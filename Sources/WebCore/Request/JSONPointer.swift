import JSONText

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

    /// A client's own key in 100 bytes at most, since an answer repeats it.
    package static func shortened(_ key: String) -> String { key.shortened(toBytes: 100) }
}
