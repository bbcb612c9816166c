/// What clients leave open, filled in.
extension TaskService {
    /// Requests with the defaults of their types and of this process, all or the first that cannot be submitted.
    func resolve(_ requests: [SubmitRequest], tenant: String, now: Int64) -> Result<[NewTask], SubmitRefusal> {
        var tasks: [NewTask] = []
        var labels = 0
        tasks.reserveCapacity(requests.count)
        for (index, request) in requests.enumerated() {
            guard let type = registry.type(named: request.type) else {
                return .failure(
                    SubmitRefusal(.unknownType, index: index, field: "type", "no process knows the task type '\(request.type)'"))
            }
            if let refusal = Self.reserved(type, request, index: index) { return .failure(refusal) }
            if let refusal = SubmitRefusal.invalidInput(type.inputCheck?(request.input) ?? [], index: index) { return .failure(refusal) }
            let runAt = request.runAt ?? request.delayMilliseconds.map { now + $0 * 1000 }
            if let expiry = request.expiresAt, expiry <= max(now, runAt ?? now) {
                let problem = expiry <= now ? "must lie ahead" : "must be later than the time the task runs at"
                return .failure(SubmitRefusal(.invalidField, index: index, field: "expires_at", problem))
            }
            tasks.append(
                NewTask(
                    tenant: tenant, type: type.name, queue: request.queue ?? type.options.queue, priority: request.priority ?? 5,
                    input: request.input, runAt: runAt,
                    maxRetries: request.maxRetries ?? type.options.retry?.maxRetries ?? settings.retry.maxRetries,
                    softMilliseconds: request.softMilliseconds, timeoutMilliseconds: request.timeoutMilliseconds, tags: request.tags,
                    metadata: request.metadata, uniqueKey: uniqueKey(request, now: now), expiresAt: request.expiresAt))
            labels += tasks[index].labels.count
            guard labels <= Self.mostLabels else {
                let problem = "is too much: all tasks of a submit have at most \(Self.mostLabels) tags and members of metadata"
                return .failure(SubmitRefusal(.invalidField, index: index, field: "metadata", problem))
            }
        }
        return .success(tasks)
    }

    /// Each is a row, and no submit is to hold the writer for long [700,000 of them: 5 s].
    static let mostLabels = 100_000

    /// What belongs to the platform: types that have a request of their own, and the queue that must stay free for them.
    private static func reserved(_ type: TaskType, _ request: SubmitRequest, index: Int) -> SubmitRefusal? {
        if let way = type.options.submittedThrough {
            return SubmitRefusal(.invalidField, index: index, field: "type", "'\(type.name)' is submitted through \(way)")
        }
        guard request.queue == SystemQueue.name, type.options.queue != SystemQueue.name else { return nil }
        return SubmitRefusal(
            .invalidField, index: index, field: "queue", "the queue '\(SystemQueue.name)' is for the platform's own tasks; name another")
    }

    private func uniqueKey(_ request: SubmitRequest, now: Int64) -> UniqueKey? {
        request.uniqueKey.map { UniqueKey($0, until: request.uniqueWindowMilliseconds.map { now + $0 * 1000 } ?? 0) }
    }
}
