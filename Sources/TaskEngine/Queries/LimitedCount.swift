/// How many rows there are, counted up to a limit so that the cost does not grow with a backlog.
package struct LimitedCount: Sendable, Equatable {
    /// Where counts that clients see end: above it they are shown as `10000+`.
    package static let usualLimit = 10_000

    /// The count, at most the limit.
    package let number: Int
    /// Whether there are more than ``number``.
    package let hasMore: Bool

    /// - Parameter counted: what a scan of at most `limit + 1` rows found.
    init(counted: Int, limit: Int) {
        number = min(counted, limit)
        hasMore = counted > limit
    }

    /// - Parameter hasMore: whether rows that were not looked at may belong here.
    package init(number: Int, hasMore: Bool) {
        self.number = number
        self.hasMore = hasMore
    }

    static func + (left: LimitedCount, right: LimitedCount) -> LimitedCount {
        LimitedCount(number: left.number + right.number, hasMore: left.hasMore || right.hasMore)
    }
}
