/// What a secret may be called: a letter or underscore, then letters, digits and underscores, up to 128 in all.
package enum SecretName {
    /// Characters of the longest name.
    package static let longest = 128

    /// Whether a secret can have this name.
    package static func isValid(_ name: String) -> Bool {
        guard let first = name.utf8.first, isLetter(first), name.utf8.count <= longest else { return false }
        return name.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte) || byte == UInt8(ascii: "_")
    }
}
