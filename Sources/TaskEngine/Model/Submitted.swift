/// What a submit led to: a task for each request, newly inserted or found.
package struct Submitted: Sendable, Equatable {
    /// One per request, in order.
    package let ids: [Int64]
    /// The tasks as they stand, one per request. Nil only for one that was found and has been deleted since it ended.
    package let tasks: [TaskChange?]
    /// Positions of the requests whose unique key another task holds, ascending: nothing was inserted for them.
    package let existing: [Int]
    /// Whether all of it comes from an earlier request with the same idempotency key: nothing was inserted now.
    package let isReplay: Bool

    init(ids: [Int64], tasks: [TaskChange?], existing: [Int], isReplay: Bool = false) {
        self.ids = ids
        self.tasks = tasks
        self.existing = existing
        self.isReplay = isReplay
    }

    /// What is to be announced after the commit: the new tasks.
    package var changes: [TaskChange] {
        if isReplay { return [] }
        if existing.isEmpty { return tasks.compactMap(\.self) }
        let known = Set(existing)
        return tasks.enumerated().compactMap { known.contains($0.offset) ? nil : $0.element }
    }
}
