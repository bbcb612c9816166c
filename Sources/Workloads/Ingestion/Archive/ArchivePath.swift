/// Judges the names of members. Nothing is ever extracted, so no path can reach the disk; such names are refused because an
/// archive that holds them was made to do harm, or does not mean what it seems to.
enum ArchivePath {
    /// Why a path must not be used; nil if it may. A drive (`C:\`) is not refused: archives of Windows hosts have it.
    static func rejection(of path: String) -> ArchiveMember.Rejection? {
        guard let first = path.utf8.first else { return .undecodableName }
        if first == UInt8(ascii: "/") || path.utf8.starts(with: #"\\"#.utf8) { return .absolutePath }
        let escapes = path.utf8.split(whereSeparator: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "\\") })
            .contains { $0.elementsEqual("..".utf8) }
        return escapes ? .parentPath : nil
    }
}
