import Storage

extension ScheduleDetail {
    /// The columns that ``init(_:)`` reads, of a table called `s`.
    static let columns: SQL = """
        s.id, s.tenant, s.name, s.cron, s.every_ms, s.anchor_at, s.zone, s.target, s.target_name, s.input, s.queue, s.priority, s.max_retries,
        s.timeout_ms, s.tags, s.metadata, s.overlap, s.catch_up, s.paused, s.next_at, s.waiting_at, s.last_at, s.last_task, s.last_run,
        s.created_at, s.updated_at, s.version, s.firings
        """
    /// How many those are.
    static let columnCount = 28

    init(_ row: Row) {
        id = row.int(0)
        tenant = row.text(1)
        name = row.text(2)
        timing = Self.timing(row)
        target = Self.target(row)
        overlap = ScheduleOverlap(rawValue: row.text(16)) ?? .skip
        catchUp = ScheduleCatchUp(rawValue: row.text(17)) ?? .none
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

    /// Nil for what another version of the program, or of its zones, understood and this one does not.
    private static func timing(_ row: Row) -> ScheduleTiming? {
        if let milliseconds = row.intOrNil(4) { return .interval(milliseconds: milliseconds, anchor: row.int(5)) }
        guard let expression = try? CronExpression(row.text(3)), let zone = ScheduleZone(row.text(6)) else { return nil }
        return .cron(expression, zone)
    }

    private static func target(_ row: Row) -> ScheduleTarget {
        guard row.text(7) == "task" else { return .workflow(.init(id: row.text(8), params: row.text(9))) }
        return .task(
            NewTask(
                tenant: row.text(1), type: row.text(8), queue: row.text(10), priority: Int(row.int(11)), input: row.text(9),
                maxRetries: Int(row.int(12)), timeoutMilliseconds: row.intOrNil(13), tags: row.textOrNil(14), metadata: row.textOrNil(15)))
    }
}
