import Storage

/// An answer that the fence accepted: which claim it was for, and what it made of the task.
struct SettledClaim {
    /// A claim of a task, which no other ever equals.
    struct Key: Hashable {
        let task: Int64
        let claim: Int64

        init(_ task: ClaimedTask) {
            self.task = task.id
            claim = task.claim
        }

        fileprivate init(task: Int64, claim: Int64) {
            self.task = task
            self.claim = claim
        }
    }

    let claim: Key
    let change: TaskChange

    /// What the statement that settles returns.
    static let columns: SQL = "\(fragment: TaskChange.columns), tasks.claim"

    @Sendable init(_ row: Row) throws {
        change = try TaskChange(row)
        claim = Key(task: change.id, claim: row.int(TaskChange.columnCount))
    }
}
