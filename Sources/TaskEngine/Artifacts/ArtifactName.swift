/// What an artifact may be called: one to 255 bytes of UTF-8 without slashes, backslashes and control characters, and neither `.` nor
/// `..`. So a name is safe to save under, and in a URL it is one segment.
public enum ArtifactName {
    /// Bytes of the longest name.
    public static let longest = 255
    /// Bytes of the longest content type.
    static let longestType = 255

    /// What is wrong with a name; nil when nothing is.
    public static func fault(of name: String) -> String? {
        if name.isEmpty { return "is empty" }
        if name.utf8.count > longest { return "has more than \(longest) bytes" }
        if name == "." || name == ".." { return "names a directory" }
        if name.unicodeScalars.contains(where: { $0 == "/" || $0 == "\\" }) { return "holds a slash or backslash" }
        if name.unicodeScalars.contains(where: isControl) { return "holds a control character" }
        return nil
    }

    /// What is wrong with a content type, which becomes a header; nil when nothing is.
    static func fault(ofType type: String) -> String? {
        let isPrintable = type.utf8.allSatisfy { (0x20...0x7e).contains($0) }
        guard isPrintable, type.utf8.count <= longestType, type.split(separator: "/", maxSplits: 1).count == 2 else {
            return "is no media type such as text/csv"
        }
        return nil
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .surrogate: true
        default: false
        }
    }
}
