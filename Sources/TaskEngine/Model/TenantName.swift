/// What a tenant may be called: a lower-case letter or digit, then these and `_`, `-`, `.`, up to 63 in all. It is part of paths and logs, and
/// two names never differ by case alone.
package enum TenantName {
    /// Characters of the longest name.
    package static let longest = 63

    /// Whether a tenant can have this name.
    package static func isValid(_ name: String) -> Bool {
        guard let first = name.utf8.first, isLetter(first), name.utf8.count <= longest else { return false }
        return name.utf8.allSatisfy { isLetter($0) || [UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: ".")].contains($0) }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte)
    }
}
