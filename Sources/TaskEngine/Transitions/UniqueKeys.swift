import Storage

/// Decides which task holds a unique key: the only place that writes `unique_keys`, but for what removes old rows.
///
/// A key is held while its task is unfinished, and while its window lasts. Nothing is written when a task ends: whether a
/// key is free is seen by the next one who wants it, here. Whoever wants keys locks their rows first, in one order, and
/// keeps them until its commit, so that two of them decide one after the other.
///
/// Lock order: rows of `tasks` before rows of `unique_keys`. A submit locks no tasks but its own new ones, a redrive has
/// locked its task before it comes here, and nobody who holds a key waits for a task: the holder's state is read, not locked.
/// A holder that ends while it is read has ended after the submit. One that is redriven at the same time needs this row.
enum UniqueKeys {
    /// A task that wants to hold a key.
    struct Claimant {
        let task: Int64
        let tenant: String
        let type: String
        let key: UniqueKey
    }

    /// The task that holds a key.
    struct Holder {
        let id: Int64
        /// As it stands; nil when it has been deleted and only its window is left, or when it is a claimant of the same call.
        let task: TaskChange?
    }

    /// Gives every claimant its key, but for those whose key another task holds.
    ///
    /// Of several claimants with one key the first gets it. A claimant that holds its key already keeps it with its window.
    /// - Returns: the holders that are in the way, by the claimant's task.
    static func acquire(_ claimants: [Claimant], now: Int64, on connection: any Connection) throws -> [Int64: Holder] {
        guard !claimants.isEmpty else { return [:] }
        var first: [Name: Claimant] = [:]
        for claimant in claimants where first[claimant.name] == nil { first[claimant.name] = claimant }
        let entries = try lock(Array(first.values), connection)
        let inTheWay = try holders(entries.filter { $0.task != first[$0.name]?.task }, now: now, connection)
        let free = entries.filter { inTheWay[$0.name] == nil }.compactMap { entry in
            first[entry.name].flatMap { $0.task == entry.task ? nil : $0 }
        }
        try takeOver(free, connection)
        var refused: [Int64: Holder] = [:]
        for claimant in claimants {
            if let holder = inTheWay[claimant.name] {
                refused[claimant.task] = holder
            } else if let winner = first[claimant.name], winner.task != claimant.task {
                refused[claimant.task] = Holder(id: winner.task, task: nil)
            }
        }
        return refused
    }

    /// A key within tenant and type. Compared byte by byte, as both databases do: Swift's strings count `é` written in two
    /// ways as equal.
    struct Name: Hashable {
        private let bytes: [UInt8]

        init(tenant: String, type: String, key: String) {
            bytes = Array(tenant.utf8) + [0] + Array(type.utf8) + [0] + Array(key.utf8)
        }
    }

    private struct Entry {
        let name: Name
        let task: Int64
        let until: Int64
    }

    /// Inserts the rows that are missing and locks all. The update changes nothing and is there for its lock, and to wait for
    /// whoever inserts the same row: in the order of the keys, so that two who want the same ones do not wait in a circle.
    private static func lock(_ claimants: [Claimant], _ connection: any Connection) throws -> [Entry] {
        let rows = rows(of: claimants)
        return try connection.rows(
            """
            INSERT INTO unique_keys (tenant, type, unique_key, task_id, until)
            SELECT r.tenant, r.type, r.unique_key, r.task_id, r.until FROM \(rows, as: "r") WHERE true
            ORDER BY \(fragment: order)
            ON CONFLICT (tenant, type, unique_key) DO UPDATE SET task_id = unique_keys.task_id
            RETURNING tenant, type, unique_key, task_id, until
            """
        ) { Entry(name: Name(tenant: $0.text(0), type: $0.text(1), key: $0.text(2)), task: $0.int(3), until: $0.int(4)) }
    }

    /// The order in which all rows of `unique_keys` are locked: that of the bytes, not of a language.
    static let order: SQL = """
        \(sqlite: "r.tenant, r.type, r.unique_key", postgres: "r.tenant COLLATE \"C\", r.type COLLATE \"C\", r.unique_key COLLATE \"C\"")
        """

    /// A statement of its own after the lock: on PostgreSQL it sees what was committed while the lock was waited for.
    private static func holders(_ entries: [Entry], now: Int64, _ connection: any Connection) throws -> [Name: Holder] {
        guard !entries.isEmpty else { return [:] }
        var ids = RowSet([.bigint("id")], capacity: entries.count)
        for entry in entries { ids.append([.int(entry.task)]) }
        let tasks = try connection.rows(
            """
            SELECT \(fragment: TaskChange.columns)
            FROM \(ids, as: "r") \(sqlite: "CROSS JOIN", postgres: "JOIN") tasks ON tasks.id = r.id
            """, TaskChange.init)
        let byID = Dictionary(tasks.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var holders: [Name: Holder] = [:]
        for entry in entries {
            let isUnfinished = byID[entry.task].map { !$0.state.isTerminal } ?? false
            if isUnfinished || entry.until > now { holders[entry.name] = Holder(id: entry.task, task: byID[entry.task]) }
        }
        return holders
    }

    private static func takeOver(_ claimants: [Claimant], _ connection: any Connection) throws {
        let rows = rows(of: claimants)
        try connection.forEach(
            rows,
            """
            UPDATE unique_keys SET task_id = r.task_id, until = r.until FROM \(rows, as: "r")
            WHERE unique_keys.tenant = r.tenant AND unique_keys.type = r.type AND unique_keys.unique_key = r.unique_key
            """)
    }

    private static func rows(of claimants: [Claimant]) -> RowSet {
        var rows = RowSet(
            [.text("tenant"), .text("type"), .text("unique_key"), .bigint("task_id"), .bigint("until")], capacity: claimants.count)
        for claimant in claimants {
            rows.append([
                .text(claimant.tenant), .text(claimant.type), .text(claimant.key.text), .int(claimant.task), .int(claimant.key.until),
            ])
        }
        return rows
    }
}

extension UniqueKeys.Claimant {
    var name: UniqueKeys.Name { UniqueKeys.Name(tenant: tenant, type: type, key: key.text) }
}
