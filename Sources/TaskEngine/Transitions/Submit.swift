package import Storage

/// Inserts tasks, one or ten thousand, all or none.
///
/// Before the commit nothing of it exists; after it every task is waiting for its time or for a slot, even if the process
/// dies at once, and holds its unique key if it has one. A submit may be repeated by its caller when no answer came: it then
/// inserts anew, unless the task has a unique key or the request an ``IdempotencyKey``.
package enum Submit {
    /// What a submit led to.
    package enum Result: Sendable {
        /// A task for each request; ``Submitted/changes`` are to be announced.
        case submitted(Submitted)
        /// Nothing was inserted: the task at `index` names a queue that does not exist.
        case unknownQueue(index: Int, queue: String)
    }

    /// - Parameter now: microseconds since 1970; a task whose `runAt` is not after it is queued at once.
    package static func submit(_ tasks: [NewTask], now: Int64, on connection: any Connection) throws -> Result {
        if let index = try firstUnknownQueue(tasks, connection) {
            return .unknownQueue(index: index, queue: tasks[index].queue)
        }
        let ids = try connection.allocateIDs(tasks.count)
        let held = try acquireKeys(tasks, ids, now: now, connection)
        var rows = Rows(capacity: tasks.count)
        var changes: [TaskChange] = []
        changes.reserveCapacity(tasks.count)
        for (id, task) in zip(ids, tasks) where held[id] == nil { changes.append(rows.add(task, id: id, now: now)) }
        try rows.insert(on: connection)
        return .submitted(held.isEmpty ? Submitted(ids: ids, tasks: changes, existing: []) : merge(ids, changes, held))
    }

    /// Queues are a handful and change rarely: reading them costs one small statement, and a foreign key would cost one per row.
    private static func firstUnknownQueue(_ tasks: [NewTask], _ connection: any Connection) throws -> Int? {
        let known = Set(try connection.rows("SELECT name FROM queues") { $0.text(0) })
        return tasks.firstIndex { !known.contains($0.queue) }
    }

    /// The tasks in the way of those that get no key, by the id that was meant for the new task.
    private static func acquireKeys(
        _ tasks: [NewTask], _ ids: [Int64], now: Int64, _ connection: any Connection
    ) throws -> [Int64: UniqueKeys.Holder] {
        var claimants: [UniqueKeys.Claimant] = []
        for (id, task) in zip(ids, tasks) {
            guard let key = task.uniqueKey else { continue }
            claimants.append(UniqueKeys.Claimant(task: id, tenant: task.tenant, type: task.type, key: key))
        }
        return try UniqueKeys.acquire(claimants, now: now, on: connection)
    }

    /// New tasks and those that were found, in the order of the requests.
    private static func merge(_ ids: [Int64], _ changes: [TaskChange], _ held: [Int64: UniqueKeys.Holder]) -> Submitted {
        let new = Dictionary(changes.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        let holders = ids.map { held[$0]?.id ?? $0 }
        return Submitted(
            ids: holders, tasks: zip(ids, holders).map { new[$1] ?? held[$0]?.task },
            existing: ids.indices.filter { held[ids[$0]] != nil })
    }
}
