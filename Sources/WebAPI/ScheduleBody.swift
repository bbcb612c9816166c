import JSONText
import TaskEngine
import WebCore

/// Reads what a client sends about a schedule. Problems stay in the reader; what has some reads as nil.
struct ScheduleBody {
    /// What is to be started, before the defaults of its type are filled in.
    enum Target {
        case task(SubmitRequest)
        case workflow(ScheduledWorkflow)
    }

    var name = ""
    var timing: ScheduleTiming?
    var target: Target?
    var overlap: ScheduleOverlap?
    var catchUp: ScheduleCatchUp?
    var isPaused: Bool?

    /// A schedule that is to be made: name, timing and target must be there.
    struct Definition {
        let name: String
        let timing: ScheduleTiming
        let target: Target
        let overlap: ScheduleOverlap?
        let catchUp: ScheduleCatchUp?
        let isPaused: Bool?
    }

    /// Nil when something is wrong, which the reader then says.
    static func definition(_ fields: inout ObjectReader, now: Int64) -> Definition? {
        let name = name(&fields)
        let timing = timing(&fields, now: now)
        let body = rest(&fields)
        if body.target == nil, fields.problems.isEmpty { fields.problem(nil, "needs a task or a workflow to start") }
        guard let timing, let target = body.target else { return nil }
        return Definition(
            name: name, timing: timing, target: target, overlap: body.overlap, catchUp: body.catchUp, isPaused: body.isPaused)
    }

    /// What is to change of `schedule`; nothing must be there.
    static func change(_ fields: inout ObjectReader, of schedule: ScheduleDetail, now: Int64) -> ScheduleBody {
        let timing = changedTiming(&fields, of: schedule, now: now)
        var body = rest(&fields)
        body.timing = timing
        return body
    }

    // MARK: - Timing

    /// `cron` with an optional `zone`, or `every_ms`.
    static func timing(_ fields: inout ObjectReader, now: Int64) -> ScheduleTiming? {
        let zone = zone(&fields)
        let expression = cron(&fields)
        let interval = interval(&fields)
        if fields.value("cron") == nil, fields.value("every_ms") == nil { fields.problem(nil, "needs cron or every_ms") }
        requireOne(&fields)
        if let interval { return .interval(milliseconds: interval, anchor: now) }
        return expression.map { .cron($0, zone ?? .utc) }
    }

    /// An expression keeps its zone unless there is another one, and a zone its expression.
    private static func changedTiming(_ fields: inout ObjectReader, of schedule: ScheduleDetail, now: Int64) -> ScheduleTiming? {
        let newZone = zone(&fields)
        let newExpression = cron(&fields)
        let interval = interval(&fields)
        requireOne(&fields)
        if let interval { return .interval(milliseconds: interval, anchor: now) }
        guard case .success(.cron(let expression, let zone)) = schedule.timing else {
            if newZone != nil, newExpression == nil { fields.problem("zone", "belongs to a cron expression, and the schedule has none") }
            return newExpression.map { .cron($0, newZone ?? .utc) }
        }
        guard newExpression != nil || newZone != nil else { return nil }
        return .cron(newExpression ?? expression, newZone ?? zone)
    }

    private static func requireOne(_ fields: inout ObjectReader) {
        guard fields.value("every_ms") != nil else { return }
        if fields.value("cron") != nil { fields.problem("every_ms", "cannot be given together with cron") }
        if fields.value("zone") != nil { fields.problem("zone", "belongs to a cron expression; an interval goes by no clock") }
    }

    private static func cron(_ fields: inout ObjectReader) -> CronExpression? {
        guard let text = fields.optionalString("cron", maxLength: CronExpression.longest, allowEmpty: true) else { return nil }
        do { return try CronExpression(text) } catch {
            fields.problem("cron", error.message)
            return nil
        }
    }

    private static func interval(_ fields: inout ObjectReader) -> Int64? {
        fields.optionalInt("every_ms", in: ScheduleTiming.shortestInterval...ScheduleTiming.longestInterval)
    }

    private static func zone(_ fields: inout ObjectReader) -> ScheduleZone? {
        guard let name = fields.optionalString("zone", allowEmpty: true) else { return nil }
        let zone = ScheduleZone(name)
        if zone == nil { fields.problem("zone", "must be a time zone by its IANA name, such as Europe/Berlin or UTC") }
        return zone
    }

    // MARK: - The rest

    private static func name(_ fields: inout ObjectReader) -> String {
        let name = fields.requiredString("name", maxLength: ScheduleDefinition.longestName)
        guard !name.isEmpty else { return name }
        if !name.utf8.allSatisfy(isNameByte) { fields.problem("name", "must have letters, digits and ._:- only") }
        if ScheduleKey.isNumber(name) { fields.problem("name", "must not be a number: paths take numbers for ids") }
        if name == "preview" { fields.problem("name", "must not be preview, which is a path of its own") }
        return name
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
            UInt8(ascii: "."),
            UInt8(ascii: "_"), UInt8(ascii: ":"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    private static func rest(_ fields: inout ObjectReader) -> ScheduleBody {
        var body = ScheduleBody()
        body.target = target(&fields)
        body.overlap = fields.optionalString("overlap", oneOf: ScheduleOverlap.allCases.map(\.rawValue)).flatMap(ScheduleOverlap.init)
        body.catchUp = fields.optionalString("catch_up", oneOf: ScheduleCatchUp.allCases.map(\.rawValue)).flatMap(ScheduleCatchUp.init)
        body.isPaused = fields.optionalBool("paused")
        return body
    }

    private static func target(_ fields: inout ObjectReader) -> Target? {
        let task = fields.object("task", task)
        let workflow = fields.object("workflow") { inner in
            let id = inner.requiredString("workflow_id", maxLength: 300)
            return Target.workflow(ScheduledWorkflow(id: id, params: inner.rawObject("params") ?? "{}"))
        }
        if task != nil, workflow != nil { fields.problem("workflow", "cannot be given together with task") }
        return task.map { .task($0) } ?? workflow
    }

    /// As for a submit, without what makes no sense again and again.
    private static func task(_ fields: inout ObjectReader) -> SubmitRequest {
        let request = SubmitBody.task(&fields)
        if request.runAt != nil { fields.problem("run_at", "cannot be scheduled: the schedule says when") }
        if request.delayMilliseconds != nil { fields.problem("delay_ms", "cannot be scheduled: the schedule says when") }
        if request.uniqueKey != nil { fields.problem("unique_key", "cannot be scheduled: overlap says what happens to the next one") }
        if request.expiresAt != nil { fields.problem("expires_at", "cannot be scheduled: it would be the same for all") }
        return request
    }
}
