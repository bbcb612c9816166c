/// One page of a list that may end before it is full: because of what its rows hold, or because rows are looked for among others.
package struct ListPage<Row: Sendable, Key: Sendable>: Sendable {
    /// What is shown, in the order of the list.
    package let rows: [Row]
    /// The list goes on behind this key; nil at its end.
    package let next: Key?

    init(_ rows: [Row], next: Key?) {
        self.rows = rows
        self.next = next
    }
}

/// How much of what clients sent, or handlers returned, one page of a list holds: 500 rows of a megabyte each would be more than a
/// process has. Lengths are read first, and then only what fits.
enum PageBudget {
    /// Bytes of payloads on one page.
    static let mostBytes = 1 << 20

    /// The keys of the rows that are shown.
    /// - Parameters:
    ///   - found: keys and lengths in the order of the list, one more than `limit` if there are as many.
    ///   - limit: most rows shown; at least one is.
    /// - Returns: also whether rows are left.
    static func fitting<Key>(_ found: [(key: Key, bytes: Int)], limit: Int) -> (keys: [Key], isCut: Bool) {
        var bytes = 0
        let fitting = found.prefix(limit).prefix { row in
            bytes += row.bytes
            return bytes <= mostBytes
        }
        let shown = max(min(1, found.count), fitting.count)
        return (found.prefix(shown).map(\.key), shown < found.count)
    }
}
