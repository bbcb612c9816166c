import CLibPQ

/// The statements that one connection has prepared, by text and parameter types.
struct PostgresStatementCache {
    struct Key: Hashable {
        let text: String
        let types: [Oid]
    }

    private var names: [Key: String] = [:]
    private var made = 0
    /// The binary has some 200 statements; further texts come from optional filters.
    private let capacity: Int

    init(capacity: Int = 500) {
        self.capacity = capacity
    }

    /// When true, all are forgotten before the next transaction (`DEALLOCATE ALL`): simpler than picking one, and rare.
    var isFull: Bool { names.count >= capacity }

    /// The prepared statement's name, nil when it is to be prepared first.
    func name(for key: Key) -> String? { names[key] }

    /// A name that no statement of this connection has had.
    mutating func newName() -> String {
        made += 1
        return "s\(made)"
    }

    /// Remembers a statement that the server has prepared.
    mutating func insert(_ key: Key, name: String) { names[key] = name }

    mutating func removeAll() { names.removeAll() }
}
