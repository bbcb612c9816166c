/// What may not be shown below the role admin, and never in logs, errors or the feed: values of fields whose name or content says that they are secret.
package enum Redaction {
    /// Stands in place of a masked value. Always the same, so that it tells nothing about the length.
    package static let mask = "********"

    /// Whether a field with this name holds a secret: its name contains `secret` or `pass4SymmKey`, or ends in a word such as `password`, in
    /// any case, with or without a number behind it: `sslPassword`, `bindDNpassword`, `clientSecret`, `api_key`.
    ///
    /// Names that only speak of passwords, such as `minPasswordLength`, are not secret.
    package static func isSecretKey(_ key: String) -> Bool {
        let name = key.lowercased()
        if name.contains("secret") || name.contains("pass4symmkey") { return !describesSecret(name) }
        let stem = name.reversed().drop { $0.isNumber || $0 == "_" || $0 == "-" || $0 == "." }.reversed()
        return suffixes.contains { String(stem).hasSuffix($0) }
    }

    /// Whether a value is a secret by itself: Splunk writes encrypted values as `$1$…` and `$7$…`.
    package static func isSecretValue(_ value: String) -> Bool {
        var previous: UInt8?
        let bytes = Array(value.utf8)
        for index in bytes.indices {
            if startsCiphertext(bytes[index...]), previous.map({ !isWordByte($0) }) ?? true { return true }
            previous = bytes[index]
        }
        return false
    }

    /// The value, or ``mask`` if the name or the value says that it is secret. An empty value stays empty: there is nothing to hide.
    package static func masked(key: String, value: String) -> String {
        value.isEmpty || !(isSecretKey(key) || isSecretValue(value)) ? value : mask
    }

    private static let suffixes = [
        "password", "passwd", "passphrase", "pwd", "token", "apikey", "api_key", "api-key", "access_key", "accesskey", "private_key",
        "privatekey",
        "credential", "credentials",
    ]

    /// Settings about secrets, such as `pass4SymmKey_minLength`.
    private static func describesSecret(_ name: String) -> Bool {
        name.hasSuffix("minlength") || name.hasSuffix("min_length")
    }

    private static func startsCiphertext(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.starts(with: Array("$1$".utf8)) || bytes.starts(with: Array("$7$".utf8))
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
