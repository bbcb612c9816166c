/// What may not be shown below the role admin, and never in logs, errors or the feed: values of fields whose name or content says that they are secret.
package enum Redaction {
    /// Stands in place of a masked value. Always the same, so that it tells nothing about the length.
    package static let mask = "********"

    /// Whether a field with this name holds a secret: its name contains `secret` or `pass4SymmKey`, or ends in a word such as `password`, in
    /// any case, with or without a number behind it: `sslPassword`, `bindDNpassword`, `clientSecret`, `api_key`.
    ///
    /// Names that only speak of passwords, such as `minPasswordLength`, are not secret.
    package static func isSecretKey(_ key: String) -> Bool {
        // Bytes, since pages of settings ask this thousands of times.
        let text = key.lowercased()
        let name = Array(text.utf8)
        if contains(name, "secret") || contains(name, "pass4symmkey") { return !describesSecret(name) }
        var rest = text[...]
        while let last = rest.last, last.isNumber || last == "_" || last == "-" || last == "." { rest.removeLast() }
        let stem = name.prefix(rest.utf8.count)
        return suffixes.contains { stem.count >= $0.utf8CodeUnitCount && stem.suffix($0.utf8CodeUnitCount).elementsEqual(bytes($0)) }
    }

    /// Whether a value is a secret by itself: Splunk writes encrypted values as `$1$…` and `$7$…`.
    package static func isSecretValue(_ value: String) -> Bool {
        guard value.utf8.contains(UInt8(ascii: "$")) else { return false }
        let bytes = Array(value.utf8)
        return bytes.indices.contains { index in
            startsCiphertext(bytes[index...]) && (index == 0 || !isWordByte(bytes[index - 1]))
        }
    }

    /// The value, or ``mask`` if the name or the value says that it is secret. An empty value stays empty: there is nothing to hide.
    package static func masked(key: String, value: String) -> String {
        value.isEmpty || !(isSecretKey(key) || isSecretValue(value)) ? value : mask
    }

    private static let suffixes: [StaticString] = [
        "password", "passwd", "passphrase", "pwd", "token", "apikey", "api_key", "api-key", "access_key", "accesskey", "private_key",
        "privatekey",
        "credential", "credentials",
    ]

    /// Settings about secrets, such as `pass4SymmKey_minLength`.
    private static func describesSecret(_ name: [UInt8]) -> Bool {
        name.suffix(9).elementsEqual(bytes("minlength")) || name.suffix(10).elementsEqual(bytes("min_length"))
    }

    private static func startsCiphertext(_ bytes: ArraySlice<UInt8>) -> Bool {
        guard bytes.count > 2, bytes[bytes.startIndex] == UInt8(ascii: "$"), bytes[bytes.startIndex + 2] == UInt8(ascii: "$") else {
            return false
        }
        return bytes[bytes.startIndex + 1] == UInt8(ascii: "1") || bytes[bytes.startIndex + 1] == UInt8(ascii: "7")
    }

    private static func contains(_ name: [UInt8], _ word: StaticString) -> Bool {
        let word = bytes(word)
        guard name.count >= word.count else { return false }
        return (0...name.count - word.count).contains { name[$0] == word[0] && name[$0..<$0 + word.count].elementsEqual(word) }
    }

    private static func bytes(_ text: StaticString) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "$"):
            true
        default: false
        }
    }
}
