import Storage

extension ScheduleDetail {
    /// The columns that ``init(_:)`` reads, of a table called `s`.
    static let columns: SQL = """
        s.id, s.tenant, s.name, s.cron, s.every_ms, s.anchor_at, s.zone, s.target, s.target_name, s.input, s.queue, s.priority, s.max_retries,
        s.timeout_ms, s.tags, s.metadata, s.overlap, s.catch_up, s.paused, s.next_at, s.waiting_at, s.last_at, s.last_task, s.last_run,
        s.created_at, s.updated_at, s.version, s.firings
        """

    /// - Throws: ``StorageError/Code/corrupt`` for words that the CHECK constraints do not allow either.
    init(_ row: Row) throws {
        id = row.int(0)
        tenant = row.text(1)
        name = row.text(2)
        timing = Self.timing(row)
        target = Self.target(row)
        guard let overlap = ScheduleOverlap(rawValue: row.text(16)), let catchUp = ScheduleCatchUp(rawValue: row.text(17)) else {
            throw StorageError(.corrupt, "schedule \(row.int(0)) '\(row.text(2))' has unknown rules")
        }
        (self.overlap, self.catchUp) = (overlap, catchUp)
        isPaused = row.bool(18)
        nextAt = row.intOrNil(19)
        waitingAt = row.intOrNil(20)
        lastAt = row.intOrNil(21)
        lastTask = row.intOrNil(22)
        lastRun = row.intOrNil(23)
        createdAt = row.int(24)
        updatedAt = row.int(25)
        version = row.int(26)
        firings = row.int(27)
    }

    private static func timing(_ row: Row) -> Result<ScheduleTiming, UnreadableSchedule> {
        if let milliseconds = row.intOrNil(4) { return .success(.interval(milliseconds: milliseconds, anchor: row.int(5))) }
        let (cron, zone) = (row.text(3), row.text(6))
        func unreadable(_ problem: String) -> Result<ScheduleTiming, UnreadableSchedule> {
            .failure(UnreadableSchedule(id: row.int(0), name: row.text(2), cron: cron, zone: zone, problem: problem))
        }
        do {
            let expression = try CronExpression(cron)
            guard let known = ScheduleZone(zone) else { return unreadable("this program knows no time zone '\(zone)'") }
            return .success(.cron(expression, known))
        } catch {
            return unreadable("the expression '\(cron)' \(error.message)")
        }
    }

    private static func target(_ row: Row) -> ScheduleTarget {
        guard row.text(7) == "task" else { return .workflow(.init(id: row.text(8), params: row.text(9))) }
        return .task(
            NewTask(
                tenant: row.text(1), type: row.text(8), queue: row.text(10), priority: Int(row.int(11)), input: row.text(9),
                maxRetries: Int(row.int(12)), timeoutMilliseconds: row.intOrNil(13), tags: row.textOrNil(14), metadata: row.textOrNil(15)))
    }
}
