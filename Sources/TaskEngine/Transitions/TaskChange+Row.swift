import Storage

extension TaskChange {
    /// What every transition's UPDATE returns first, in this order.
    static let columns: SQL = """
        tasks.id, tasks.tenant, tasks.version, tasks.state, tasks.type, tasks.queue, tasks.run_id, tasks.node, tasks.element, tasks.pending
        """
    /// How many columns ``columns`` are; a statement's own columns follow from here.
    static let columnCount = 10

    /// Decodes ``columns``.
    init(_ row: Row) throws {
        self.init(
            tenant: row.text(1), id: row.int(0), version: row.int(2), state: try TaskState(stored: row.text(3)), type: row.text(4),
            queue: row.text(5), node: TaskNode(row, from: 6))
    }
}

extension TaskNode {
    /// Decodes `run_id, node, element, pending`; nil for a task that is no node.
    init?(_ row: Row, from column: Int) {
        guard let run = row.intOrNil(column) else { return nil }
        self.init(
            run: run, index: Int(row.int(column + 1)), element: row.intOrNil(column + 2).map(Int.init), pending: row.int(column + 3))
    }
}

extension TaskNode {
    /// Decodes `state, run_id, element, started_at`: whether it is a node that has begun and waits for its elements or its child run.
    static func hasBegun(_ row: Row, from column: Int) -> Bool {
        row.text(column) == TaskState.waiting.rawValue && row.intOrNil(column + 1) != nil && row.intOrNil(column + 2) == nil
            && row.intOrNil(column + 3) != nil
    }
}

extension TaskState {
    /// - Throws: ``StorageError/Code/corrupt`` for a word that the CHECK constraint does not allow either.
    init(stored word: String) throws {
        guard let state = TaskState(rawValue: word) else { throw StorageError(.corrupt, "unknown task state '\(word)'") }
        self = state
    }
}
