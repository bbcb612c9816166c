/// Judges the names of members. Nothing is ever extracted, so no path can reach the disk; such names are refused because an
/// archive that holds them was made to do harm, or does not mean what it seems to.
enum ArchivePath {
    /// Why a path must not be used; nil if it may. A drive (`C:\`) is not refused: archives of Windows hosts have it.
    static func rejection(of path: String) -> ArchiveMember.Rejection? {
        guard let first = path.utf8.first else { return .undecodableName }
        if hasControlCharacter(path) { return .controlCharacter }
        if first == UInt8(ascii: "/") || path.utf8.starts(with: #"\\"#.utf8) { return .absolutePath }
        let escapes = path.utf8.split(whereSeparator: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") })
            .contains { $0.elementsEqual("..".utf8) }
        return escapes ? .parentPath : nil
    }

    /// C0, DEL and C1.
    private static func hasControlCharacter(_ path: String) -> Bool {
        var previous: UInt8 = 0
        for byte in path.utf8 {
            if byte < 0x20 || byte == 0x7F || (previous == 0xC2 && byte < 0xA0) { return true }
            previous = byte
        }
        return false
    }

    /// A number for the file that a path means: the same for `./a//b` and `a/b`.
    static func identity(of path: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for component in path.utf8.split(separator: UInt8(ascii: "/")) where !component.elementsEqual(".".utf8) {
            for byte in component { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
            hash = (hash ^ 0x2F) &* 0x0000_0100_0000_01B3
        }
        return hash
    }
}
