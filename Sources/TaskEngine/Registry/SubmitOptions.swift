/// What a follow-up task says beside its parameters; nil means the task type's default.
public struct SubmitOptions: Sendable {
    /// Its queue, which must exist.
    public var queue: String?
    /// 0 highest … 9. Default 5. Others are cut to this range.
    public var priority: Int?
    /// It does not run before this time has passed, counted from the success of the task that submits it.
    public var delay: Duration?
    /// Retries after the first attempt.
    public var maxRetries: Int?
    /// After this an attempt ends whatever its handler does.
    public var timeout: Duration?
    /// For finding it: `GET /tasks?tag=`. At most 20 of at most 100 characters.
    public var tags: [String]
    /// While a task with this key is unfinished, the tenant gets no other of the same type: the follow-up is left out. 1 to
    /// 200 characters; nil for none.
    public var uniqueKey: String?
    /// The key is held for this long from the success, also when the follow-up ends earlier. Nil: until it ends.
    public var uniqueWindow: Duration?

    /// Defaults where nothing is said.
    public init(
        queue: String? = nil, priority: Int? = nil, delay: Duration? = nil, maxRetries: Int? = nil, timeout: Duration? = nil,
        tags: [String] = [], uniqueKey: String? = nil, uniqueWindow: Duration? = nil
    ) {
        self.queue = queue
        self.priority = priority
        self.delay = delay
        self.maxRetries = maxRetries
        self.timeout = timeout
        self.tags = tags
        self.uniqueKey = uniqueKey
        self.uniqueWindow = uniqueWindow
    }

    /// - Throws: ``TaskFailure/permanent(_:)`` with `invalid_follow_up` for what a client could not submit either.
    func request(type: String, input: String) throws -> SubmitRequest {
        if let fault { throw TaskFailure.permanent(code: "invalid_follow_up", "the follow-up '\(type)' \(fault)") }
        return SubmitRequest(
            type: type, input: input, queue: queue, priority: priority.map { min(max($0, 0), 9) },
            delayMilliseconds: delay.map { max($0.wholeMicroseconds, 0) / 1000 }, maxRetries: maxRetries.map { max($0, 0) },
            timeoutMilliseconds: timeout.map { max($0.wholeMicroseconds / 1000, 1) }, tags: tags.isEmpty ? nil : EngineJSON.array(tags),
            uniqueKey: uniqueKey, uniqueWindowMilliseconds: uniqueWindow.map { max($0.wholeMicroseconds / 1000, 1) })
    }

    private var fault: String? {
        if tags.count > 20 || tags.contains(where: { !(1...100).contains($0.count) }) {
            return "has more than 20 tags, or one of more than 100 characters"
        }
        if let uniqueKey, !(1...200).contains(uniqueKey.count) { return "has a unique key that is not of 1 to 200 characters" }
        return uniqueKey == nil && uniqueWindow != nil ? "has a unique window and no unique key" : nil
    }
}
