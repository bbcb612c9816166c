/// Which part of a list a client wants.
package struct PageRequest: Sendable {
    /// Rows when the client names no number.
    package static let defaultLimit = 50
    /// Most rows that a client may ask for.
    package static let maxLimit = 500

    /// Name of the list.
    package let list: String
    /// Most rows to answer, 1...500.
    package let limit: Int
    /// Where to go on; nil at the beginning.
    package let cursor: Cursor?

    /// Rows that the query should fetch: one more than wanted, which shows whether there is a next page.
    package var fetchLimit: Int { limit + 1 }

    /// For lists ordered by row id alone: the id of the last row that the client has; nil at the beginning.
    package var afterID: Int64? { cursor?.int(0) }
}
