import Storage

/// One transaction of the engine: outcomes of ended handlers are written, then free slots are filled.
///
/// A value that is copied into the write closure and whose result is copied out, because the closure may run more than
/// once: nothing outside the connection changes until the commit.
struct Turn: Sendable {
    var worker: Int64
    var now: Int64
    var settlements: [Settlement]
    /// Free slots of each pool that may claim; empty while draining.
    var freeSlots: [String: Int]
    var servedQueues: Set<String>?
    /// Types that this process can run, as the registry knows them.
    var knownTypes: Set<String>
    var routing: Routing
    var exceptTasks: [Int64]
    /// Inserts follow-ups of the handlers that succeeded.
    var service: TaskService

    /// What one turn remembers for the next.
    struct Routing: Sendable {
        /// Per pool.
        var shares: [String: FairShare] = [:]
        /// The tenants' turns, per queue.
        var rounds: [String: TenantRound] = [:]
        /// Types found in the database that this process does not know.
        var unknownTypes: Set<String> = []
    }

    struct Result: Sendable {
        var changes: [TaskChange] = []
        /// Claimed tasks with the pool whose slot they take.
        var claimed: [(task: ClaimedTask, pool: String)] = []
        /// The worker was declared dead: nothing was written or claimed.
        var lostLease = false
        /// Pools that were filled up: more may be ready for them when a slot becomes free.
        var poolsWithMore: Set<String> = []
        /// Workflow runs that somebody held when their first node was claimed: to be marked as running after the commit.
        var unmarkedRuns: Set<Int64> = []
        var routing: Routing
    }

    func run(on connection: any Connection) throws -> Result {
        var result = Result(routing: routing)
        switch try Claim.holdWorker(worker, on: connection) {
        case .live:
            result.changes = try settle(connection)
            if !freeSlots.isEmpty { try fillPools(connection, &result) }
        case .draining:
            // The engine was told to drain after this turn was made: its outcomes count all the same.
            result.changes = try settle(connection)
        case .gone:
            result.lostLease = true
        }
        return result
    }

    private func settle(_ connection: any Connection) throws -> [TaskChange] {
        var successes: [Complete.Success] = []
        var endings: [EndAttempts.Ending] = []
        for settlement in settlements {
            switch settlement {
            case .success(let success): successes.append(success)
            case .ending(let ending): endings.append(ending)
            }
        }
        // A follow-up that is refused undoes the turn; the success that asked for it then fails alone.
        return try Settle.settle(successes, endings, service.workflows, now: now, on: connection) { followUps, tenant in
            try service.submit(followUps, tenant: tenant, now: now, on: connection).changes
        }
    }

    private func fillPools(_ connection: any Connection, _ result: inout Result) throws {
        let ready = try Claim.readyQueues(on: connection).filter { servedQueues?.contains($0.name) ?? true }
        for (pool, slots) in freeSlots.sorted(by: { $0.key < $1.key }) where slots > 0 {
            let filled = try fill(pool, slots: slots, queues: ready.filter { $0.pool == pool }, connection, &result)
            if filled == slots { result.poolsWithMore.insert(pool) }
        }
    }

    /// Divides the pool's slots, claims, and divides again what queues could not use among those that could.
    private func fill(
        _ pool: String, slots: Int, queues: [QueueDefinition], _ connection: any Connection, _ result: inout Result
    ) throws -> Int {
        var left = slots
        var hungry = queues
        while left > 0, !hungry.isEmpty {
            let shares = result.routing.shares[pool, default: FairShare()].divide(slots: left, among: hungry)
            var stillHungry: [QueueDefinition] = []
            for queue in hungry {
                guard let share = shares[queue.name], share > 0 else {
                    stillHungry.append(queue)
                    continue
                }
                let (claimed, mayHaveMore) = try claim(queue, slots: share, connection, &result)
                left -= claimed
                if mayHaveMore { stillHungry.append(queue) }
            }
            hungry = stillHungry
        }
        return slots - left
    }

    private func claim(
        _ queue: QueueDefinition, slots: Int, _ connection: any Connection, _ result: inout Result
    ) throws -> (claimed: Int, mayHaveMore: Bool) {
        var round = result.routing.rounds[queue.name] ?? TenantRound()
        var request = Claim.Request(
            queue: queue.name, slots: slots, afterTenant: round.cursor, tenants: round.tenants(forSlots: slots, now: now),
            exceptTypes: result.routing.unknownTypes.sorted(), exceptTasks: exceptTasks, tenantPauses: queue.tenantPauses)
        request.oneEach = round.isLong(now) && Claim.canTakeOneEach(request, on: connection.dialect)
        let claimed = try Claim.claim(request, worker: worker, now: now, on: connection)
        let turns = ClaimTurns(request, claimed)
        round.advance(turns, now: now)
        result.routing.rounds[queue.name] = round
        let inTime = try endExpired(claimed, pool: queue.pool, connection, &result)
        let unknown = inTime.filter { !knownTypes.contains($0.type) }
        try leaveForOthers(unknown, pool: queue.pool, connection, &result)
        let known = unknown.isEmpty ? inTime : inTime.filter { knownTypes.contains($0.type) }
        let begun = try BeginRuns.begin(known, now: now, on: connection)
        let usable = begun.tasks
        result.unmarkedRuns.formUnion(begun.unmarked)
        result.changes += usable.map(\.claimChange)
        result.claimed += usable.map { ($0, queue.pool) }
        let hasExpired = inTime.count < claimed.count
        // One of each says nothing of what else a tenant has, and nothing of those up to the cursor.
        guard !request.oneEach else { return (usable.count, !hasExpired && usable.count < slots) }
        return (usable.count, !claimed.isEmpty && !hasExpired && !isExhausted(request, turns))
    }

    /// Tasks that were claimed too late end here without running. What else is ready is for the next turn, so that a backlog
    /// of expired tasks does not make one transaction long.
    private func endExpired(
        _ claimed: [ClaimedTask], pool: String, _ connection: any Connection, _ result: inout Result
    ) throws -> [ClaimedTask] {
        let late = claimed.filter(\.isExpired)
        guard !late.isEmpty else { return claimed }
        result.changes += try Expire.end(late, now: now, on: connection)
        result.poolsWithMore.insert(pool)
        return claimed.filter { !$0.isExpired }
    }

    /// Whether the claim took every ready task of the queue: it had room for each tenant, and no tenant used up its share.
    /// Saves a statement in the usual case of a queue that is not saturated.
    private func isExhausted(_ request: Claim.Request, _ turns: ClaimTurns) -> Bool {
        guard turns.tenants > 0, turns.tenants < request.tenants else { return false }
        return turns.most < (request.slots + turns.tenants - 1) / turns.tenants
    }

    /// A newer process submitted types that this one does not know: they go back untouched, and are passed over from now on.
    private func leaveForOthers(_ tasks: [ClaimedTask], pool: String, _ connection: any Connection, _ result: inout Result) throws {
        guard !tasks.isEmpty else { return }
        result.routing.unknownTypes.formUnion(tasks.map(\.type))
        for task in tasks {
            // Nobody can have asked for its cancellation since it was claimed: no node ends here.
            _ = try EndAttempts.end(
                [.init(task: task, next: .release(at: task.readyAt), outcome: nil, error: nil)], now: max(now, task.readyAt), on: connection
            )
        }
        result.poolsWithMore.insert(pool)
    }
}

extension ClaimedTask {
    /// The claim as listeners hear of it.
    var claimChange: TaskChange {
        TaskChange(tenant: tenant, id: id, version: version, state: .running, type: type, queue: queue)
    }
}
