/// A task as it is submitted: everything resolved, nothing left to defaults but what is said here.
package struct NewTask: Sendable {
    /// Its owner.
    package var tenant: String
    /// Name of its task type, never an alias.
    package var type: String
    /// Must exist.
    package var queue: String
    /// 0 highest … 9; 5 is usual.
    package var priority: Int
    /// JSON text, the client's own bytes.
    package var input: String
    /// Microseconds since 1970 before which it does not run; nil runs it as soon as a slot is free.
    package var runAt: Int64?
    /// Retries after the first attempt.
    package var maxRetries: Int
    /// Soft limit in milliseconds; nil uses the default of the process that runs it.
    package var softMilliseconds: Int64?
    /// Hard limit in milliseconds; nil uses the default of the process that runs it.
    package var timeoutMilliseconds: Int64?
    /// JSON array of strings, nil for none.
    package var tags: String?
    /// JSON object, nil for none.
    package var metadata: String?

    package init(
        tenant: String, type: String, queue: String, priority: Int = 5, input: String = "{}", runAt: Int64? = nil, maxRetries: Int = 3,
        softMilliseconds: Int64? = nil, timeoutMilliseconds: Int64? = nil, tags: String? = nil, metadata: String? = nil
    ) {
        self.tenant = tenant
        self.type = type
        self.queue = queue
        self.priority = priority
        self.input = input
        self.runAt = runAt
        self.maxRetries = maxRetries
        self.softMilliseconds = softMilliseconds
        self.timeoutMilliseconds = timeoutMilliseconds
        self.tags = tags
        self.metadata = metadata
    }

    /// Whether a payload row is needed: most small tasks carry `{}` and nothing else.
    var hasPayload: Bool { input != "{}" || tags != nil || metadata != nil }
}
