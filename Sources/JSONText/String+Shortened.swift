extension String {
    /// The beginning of the text in at most `most` bytes of UTF-8, cut between two scalars. In bytes, because one character may have
    /// any number of them.
    package func prefix(bytes most: Int) -> String {
        guard utf8.count > most else { return self }
        var end = utf8.index(utf8.startIndex, offsetBy: max(most, 0))
        while end.samePosition(in: unicodeScalars) == nil { end = utf8.index(before: end) }
        return String(unicodeScalars[..<end])
    }

    /// The text or, where it has more than `most` bytes, as much of its beginning as fits with an ellipsis: for people who need not see all.
    package func shortened(toBytes most: Int) -> String {
        utf8.count <= most ? self : prefix(bytes: most - 3) + "…"
    }
}
