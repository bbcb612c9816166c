package import Storage

/// Makes schedules and changes them.
///
/// Before the commit a schedule is as it was, after it as it was written; a process that fires it meanwhile does so wholly before
/// or wholly after.
package enum WriteSchedule {
    /// What writing led to.
    package enum Result: Sendable {
        /// The schedule as it is now. `isReplay`: an earlier request with the same key wrote it.
        case written(ScheduleDetail, isReplay: Bool = false)
        /// The tenant has another one of this name; nothing was written.
        case nameTaken
        /// The tenant has no such schedule.
        case unknown
        /// There is no such queue; nothing was written.
        case unknownQueue(String)
        /// The tenant has as many schedules as it may have; nothing was written.
        case tooMany
    }

    /// Most schedules of a tenant.
    package static let mostSchedules = 10_000

    /// Inserts a schedule. Unless it is paused, its first due time is the first after `now`, microseconds since 1970.
    package static func create(_ new: ScheduleDefinition, tenant: String, now: Int64, on connection: any Connection) throws -> Result {
        if let queue = try missingQueue(of: new.target, connection) { return .unknownQueue(queue) }
        if try count(tenant, connection) >= mostSchedules { return .tooMany }
        let id = try connection.allocateID()
        guard try insert(id, new, tenant: tenant, now: now, connection) else { return .nameTaken }
        return try reread(id, tenant, connection)
    }

    /// Changes a schedule. Due times that are written anew, or that passed while it was paused, are counted from `now` on, and
    /// never from before the last one that was dealt with.
    package static func change(
        _ key: ScheduleKey, _ change: ScheduleChange, tenant: String, now: Int64, on connection: any Connection
    ) throws -> Result {
        if let target = change.target, let queue = try missingQueue(of: target, connection) { return .unknownQueue(queue) }
        guard let old = try LockedSchedule.read(key, tenant: tenant, on: connection) else { return .unknown }
        let isPaused = change.isPaused ?? old.isPaused
        if isPaused, let waiting = old.waitingAt { try drop(waiting, of: old, now: now, connection) }
        let timing = change.timing ?? old.readableTiming
        let isRecounted = change.timing != nil || old.isPaused
        let next = isPaused ? nil : isRecounted ? timing?.next(after: max(now, old.lastAt ?? now)) : old.nextAt
        try update(old.id, change, isPaused: isPaused, next: next, now: now, connection)
        if let timing = change.timing { try write(old.id, TimingColumns(timing, now: now), connection) }
        if let target = change.target { try write(old.id, TargetColumns(target), connection) }
        return try reread(old.id, tenant, connection)
    }

    /// Deletes a schedule with what is known of its firings. What it started goes on.
    /// - Returns: false when the tenant has no such schedule.
    package static func delete(_ key: ScheduleKey, tenant: String, on connection: any Connection) throws -> Bool {
        guard let schedule = try LockedSchedule.read(key, tenant: tenant, on: connection) else { return false }
        try connection.execute("DELETE FROM schedule_firings WHERE schedule_id = \(schedule.id)")
        try connection.execute("DELETE FROM schedules WHERE id = \(schedule.id)")
        return true
    }

    // MARK: - Rows

    private static func insert(
        _ id: Int64, _ new: ScheduleDefinition, tenant: String, now: Int64, _ connection: any Connection
    ) throws -> Bool {
        let (timing, target) = (TimingColumns(new.timing, now: now), TargetColumns(new.target))
        let next = new.isPaused ? nil : new.timing.next(after: now)
        return try connection.execute(
            """
            INSERT INTO schedules
                (id, tenant, name, cron, every_ms, anchor_at, zone, target, target_name, input, queue, priority, max_retries, timeout_ms,
                tags, metadata, overlap, catch_up, paused, next_at, created_at, updated_at)
            VALUES (\(id), \(tenant), \(new.name), \(timing.cron), \(timing.everyMilliseconds), \(timing.anchor), \(timing.zone),
                \(target.kind), \(target.name), \(target.input), \(target.task?.queue), \(target.task?.priority),
                \(target.task?.maxRetries), \(target.task?.timeoutMilliseconds), \(target.task?.tags), \(target.task?.metadata),
                \(new.overlap.rawValue), \(new.catchUp.rawValue), \(new.isPaused), \(next), \(now), \(now))
            ON CONFLICT (tenant, name) DO NOTHING
            """) == 1
    }

    private static func update(
        _ id: Int64, _ change: ScheduleChange, isPaused: Bool, next: Int64?, now: Int64, _ connection: any Connection
    ) throws {
        try connection.execute(
            """
            UPDATE schedules
            SET overlap = COALESCE(\(change.overlap?.rawValue), overlap), catch_up = COALESCE(\(change.catchUp?.rawValue), catch_up),
                paused = \(isPaused), next_at = \(next), waiting_at = CASE WHEN \(isPaused) = 1 THEN NULL ELSE waiting_at END,
                updated_at = \(now), version = version + 1
            WHERE id = \(id)
            """)
    }

    private static func write(_ id: Int64, _ timing: TimingColumns, _ connection: any Connection) throws {
        try connection.execute(
            """
            UPDATE schedules
            SET cron = \(timing.cron), every_ms = \(timing.everyMilliseconds), anchor_at = \(timing.anchor), zone = \(timing.zone)
            WHERE id = \(id)
            """)
    }

    private static func write(_ id: Int64, _ target: TargetColumns, _ connection: any Connection) throws {
        try connection.execute(
            """
            UPDATE schedules
            SET target = \(target.kind), target_name = \(target.name), input = \(target.input), queue = \(target.task?.queue),
                priority = \(target.task?.priority), max_retries = \(target.task?.maxRetries),
                timeout_ms = \(target.task?.timeoutMilliseconds), tags = \(target.task?.tags), metadata = \(target.task?.metadata)
            WHERE id = \(id)
            """)
    }

    /// What waited for its turn will not get it.
    private static func drop(_ due: Int64, of schedule: ScheduleDetail, now: Int64, _ connection: any Connection) throws {
        try connection.execute(
            """
            UPDATE schedule_firings SET outcome = 'skipped', reason = 'paused', decided_at = \(now)
            WHERE schedule_id = \(schedule.id) AND due_at = \(due)
            """)
    }

    // MARK: - Looks

    private static func missingQueue(of target: ScheduleTarget, _ connection: any Connection) throws -> String? {
        guard case .task(let task) = target else { return nil }
        let exists = try connection.row("SELECT 1 FROM queues WHERE name = \(task.queue)") { _ in true } ?? false
        return exists ? nil : task.queue
    }

    private static func count(_ tenant: String, _ connection: any Connection) throws -> Int {
        let counted = try connection.row(
            "SELECT COUNT(*) FROM (SELECT 1 FROM schedules AS s WHERE s.tenant = \(tenant) LIMIT \(mostSchedules)) AS own"
        ) { $0.int(0) }
        return Int(counted ?? 0)
    }

    private static func reread(_ id: Int64, _ tenant: String, _ connection: any Connection) throws -> Result {
        try ReadSchedules.one(.id(id), tenant: tenant, on: connection).map { .written($0) } ?? .unknown
    }
}
