import JSONText
import TaskEngine

extension JSONWriter {
    /// A number, and beside it whether there are more than were counted: `queued` and `queued_more`.
    mutating func countField(_ key: String, _ count: LimitedCount) {
        field(key, count.number)
        field(key + "_more", count.hasMore)
    }
}
