/// A submit as a client phrases it: nil means the task type's default.
package struct SubmitRequest: Sendable, Codable {
    /// Name or alias.
    package var type: String
    /// JSON text, the client's own bytes.
    package var input: String
    /// Nil: the type's queue. An unknown one is refused.
    package var queue: String?
    /// 0 highest … 9. Default 5.
    package var priority: Int?
    /// Microseconds since 1970.
    package var runAt: Int64?
    /// From now; `runAt` wins.
    package var delayMilliseconds: Int64?
    /// Retries after the first attempt. Nil: the type's, else the process's.
    package var maxRetries: Int?
    /// Hard limit.
    package var timeoutMilliseconds: Int64?
    /// Soft limit; nil follows from the hard one.
    package var softMilliseconds: Int64?
    /// JSON array of strings.
    package var tags: String?
    /// JSON object.
    package var metadata: String?
    /// While a task with this key is unfinished its tenant submits no other of the same type; nil for none.
    package var uniqueKey: String?
    /// The key is held for this long from the submit, also when the task ends earlier. Nil: until it ends.
    package var uniqueWindowMilliseconds: Int64?
    /// Microseconds since 1970: no attempt begins at that time or later, the task is cancelled instead. Nil for never. One that
    /// does not lie ahead, or not after the time the task runs at, is refused.
    package var expiresAt: Int64?

    package init(
        type: String, input: String = "{}", queue: String? = nil, priority: Int? = nil, runAt: Int64? = nil,
        delayMilliseconds: Int64? = nil,
        maxRetries: Int? = nil, timeoutMilliseconds: Int64? = nil, softMilliseconds: Int64? = nil, tags: String? = nil,
        metadata: String? = nil, uniqueKey: String? = nil, uniqueWindowMilliseconds: Int64? = nil, expiresAt: Int64? = nil
    ) {
        self.type = type
        self.input = input
        self.queue = queue
        self.priority = priority
        self.runAt = runAt
        self.delayMilliseconds = delayMilliseconds
        self.maxRetries = maxRetries
        self.timeoutMilliseconds = timeoutMilliseconds
        self.softMilliseconds = softMilliseconds
        self.tags = tags
        self.metadata = metadata
        self.uniqueKey = uniqueKey
        self.uniqueWindowMilliseconds = uniqueWindowMilliseconds
        self.expiresAt = expiresAt
    }
}
