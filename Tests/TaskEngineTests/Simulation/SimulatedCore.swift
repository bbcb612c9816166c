import Storage
import TaskEngine
import TestSupport

/// The transitions as the simulation calls them. A test puts a broken one in the place of a right one, and the simulation must
/// notice.
struct SimulatedCore: Sendable {
    /// Plans at hand, by the text of their definitions: the same for all seeds.
    static let workflows: Workflows = {
        var limits = RunLimits()
        // So that runs are ended in pieces.
        limits.mostStops = 3
        return Workflows(limits: limits)
    }()

    var settle: @Sendable ([Complete.Success], [EndAttempts.Ending], _ now: Int64, any Connection) throws -> [TaskChange] = {
        successes, endings, now, connection in
        try Settle.settle(successes, endings, workflows, now: now, on: connection) { followUps, tenant in
            let tasks = followUps.map { NewTask.sample(tenant: tenant, type: $0.type, uniqueKey: $0.uniqueKey.map { UniqueKey($0) }) }
            guard case .submitted(let submitted) = try Submit.submit(tasks, now: now, on: connection) else { return [] }
            return submitted.changes
        }
    }
    var promote: @Sendable (_ now: Int64, any Connection) throws -> [TaskChange] = { try Promote.promote(now: $0, on: $1).changes }
    var cancel: @Sendable (_ task: Int64, _ tenant: String, _ now: Int64, any Connection) throws -> Cancel.Result = {
        try Cancel.cancel(task: $0, tenant: $1, workflows, now: $2, on: $3)
    }
    var redrive: @Sendable (_ task: Int64, _ tenant: String, _ now: Int64, any Connection) throws -> Redrive.Result = {
        try Redrive.redrive(task: $0, tenant: $1, now: $2, on: $3)
    }
    var rescue: @Sendable (_ worker: Int64, _ beat: Int64?, _ now: Int64, any Connection) throws -> [TaskChange]? = {
        try Rescue.rescue(worker: $0, beat: $1, workflows, now: $2, on: $3)
    }
    var claim: @Sendable (Claim.Request, _ worker: Int64, _ now: Int64, any Connection) throws -> [ClaimedTask] = {
        try Claim.claim($0, worker: $1, now: $2, on: $3)
    }
    var prune: @Sendable (_ tasks: [Int64], PruneTasks.Cutoffs, _ now: Int64, any Connection) throws -> Int = {
        try PruneTasks.prune($0, $1, now: $2, on: $3).deleted
    }
    var fire: @Sendable (_ now: Int64, _ limit: Int, any Connection) throws -> [TaskChange] = {
        try FireSchedules.fire(now: $0, limit: $1, on: $2).changes
    }
    var bulk: @Sendable (BulkChange, _ now: Int64, any Connection) throws -> BulkChange.Result? = { try $0.apply(now: $1, on: $2) }
    var kill: @Sendable (_ run: Int64, _ tenant: String, _ now: Int64, any Connection) throws -> KillRun.Result = {
        try KillRun.kill($0, tenant: $1, as: .cancelled, reason: nil, workflows, now: $2, on: $3)
    }
    var retry: @Sendable (_ run: Int64, _ tenant: String, _ now: Int64, any Connection) throws -> RetryRun.Result = {
        try RetryRun.retry($0, tenant: $1, workflows, now: $2, on: $3)
    }
    var send: @Sendable (_ event: String, _ run: Int64, _ tenant: String, _ now: Int64, any Connection) throws -> SendEvent.Result = {
        try SendEvent.send($0, data: #"{"n":1,"list":[1]}"#, to: $1, tenant: $2, workflows, now: $3, on: $4)
    }
}

/// Wrong in ways that were real mistakes somewhere.
extension SimulatedCore {
    /// Accepts whoever answers: a worker that was declared dead still completes what another one runs by now.
    static var withoutFence: SimulatedCore {
        var core = SimulatedCore()
        core.settle = { [settle = core.settle] successes, endings, now, connection in
            let changes = try successes.filter { $0.task.node == nil }.flatMap { success in
                try connection.rows(
                    """
                    UPDATE tasks SET state = 'succeeded', worker = NULL, finished_at = \(now), version = version + 1
                    WHERE id = \(success.task.id) AND state = 'running' RETURNING id, tenant, version, state, type, queue
                    """, StoredChange.read)
            }
            return try changes + settle(successes.filter { $0.task.node != nil }, endings, now, connection)
        }
        return core
    }

    /// Marks a task as running under its former claim number: the fence does not rise.
    static var withoutNewClaimNumber: SimulatedCore {
        var core = SimulatedCore()
        core.claim = { request, worker, now, connection in
            let claimed = try Claim.claim(request, worker: worker, now: now, on: connection)
            return try claimed.map { task in
                guard task.claim > 1 else { return task }
                try connection.execute("UPDATE tasks SET claim = claim - 1 WHERE id = \(task.id)")
                var copy = task
                copy.claim -= 1
                return copy
            }
        }
        return core
    }

    /// Redrives whatever has ended, a success too.
    static var redrivingSuccesses: SimulatedCore {
        var core = SimulatedCore()
        core.redrive = { task, tenant, now, connection in
            try connection.execute("UPDATE tasks SET state = 'failed' WHERE id = \(task) AND tenant = \(tenant) AND state = 'succeeded'")
            return try Redrive.redrive(task: task, tenant: tenant, now: now, on: connection)
        }
        return core
    }

    /// Deletes what was found to be old some time ago, whatever became of it since.
    static var pruningUnseen: SimulatedCore {
        var core = SimulatedCore()
        core.prune = { tasks, _, _, connection in
            try tasks.reduce(0) { $0 + (try connection.execute("DELETE FROM tasks WHERE id = \($1)")) }
        }
        return core
    }

    /// Claims of tenants that have paused the queue.
    static var overlookingPauses: SimulatedCore {
        var core = SimulatedCore()
        core.claim = { request, worker, now, connection in
            var request = request
            request.tenantPauses = 0
            return try Claim.claim(request, worker: worker, now: now, on: connection)
        }
        return core
    }

    /// A bulk operation that its former process still carries out after another one has taken it over.
    static var bulkWithoutFence: SimulatedCore {
        var core = SimulatedCore()
        core.bulk = { change, now, connection in
            let ids = change.ids
            let changes = try ids.flatMap { id -> [TaskChange] in
                let result = try Cancel.cancel(task: id, tenant: change.tenant, workflows, now: now, on: connection)
                guard case .cancelled(let change, let further) = result else { return [] }
                return [change] + further
            }
            return BulkChange.Result(progress: BulkProgress(total: 0), changes: changes)
        }
        return core
    }

    /// Fires without looking at what runs.
    static var firingOverlaps: SimulatedCore {
        var core = SimulatedCore()
        core.fire = { now, limit, connection in
            let overlaps = try connection.rows("SELECT id, overlap FROM schedules") { ($0.int(0), $0.text(1)) }
            try connection.execute("UPDATE schedules SET overlap = 'allow'")
            let changes = try FireSchedules.fire(now: now, limit: limit, on: connection).changes
            for (id, overlap) in overlaps { try connection.execute("UPDATE schedules SET overlap = \(overlap) WHERE id = \(id)") }
            return changes
        }
        return core
    }

    /// Goes on to the next due time by the clock that somebody has set back.
    static var firingByTheClock: SimulatedCore {
        var core = SimulatedCore()
        core.fire = { now, limit, connection in
            // What a scheduler does that keeps the time of the next firing in memory and counts from now.
            try connection.execute("DELETE FROM schedule_firings WHERE outcome <> 'waiting'")
            try connection.execute(
                """
                UPDATE schedules SET last_at = NULL, firings = (SELECT COUNT(*) FROM schedule_firings AS f WHERE f.schedule_id = schedules.id),
                    next_at = (\(now) / (every_ms * 1000)) * every_ms * 1000 + anchor_at % (every_ms * 1000)
                WHERE paused = 0
                """)
            return try FireSchedules.fire(now: now, limit: limit, on: connection).changes
        }
        return core
    }

    /// Forgets the timer of a retry: the task is scheduled for a time that never comes.
    static var losingRetries: SimulatedCore {
        var core = SimulatedCore()
        core.settle = { [settle = core.settle] successes, endings, now, connection in
            let changes = try settle(successes, endings, now, connection)
            let ended = Set(endings.map(\.task.id))
            for change in changes where change.state == .scheduled && ended.contains(change.id) {
                try connection.execute("UPDATE tasks SET ready_at = 9000000000000000 WHERE id = \(change.id)")
            }
            return changes
        }
        return core
    }
}

/// Reads what a broken transition returns.
enum StoredChange {
    @Sendable static func read(_ row: Row) throws -> TaskChange {
        TaskChange(
            tenant: row.text(1), id: row.int(0), version: row.int(2), state: TaskState(rawValue: row.text(3)) ?? .waiting,
            type: row.text(4),
            queue: row.text(5))
    }
}
