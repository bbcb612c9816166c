import Storage

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
    package let tags: String?
    /// JSON object, nil for none.
    package let metadata: String?
    /// The key that only one task of its tenant and type holds at a time; nil for none.
    package var uniqueKey: UniqueKey?
    /// Microseconds since 1970 at which it is cancelled unless an attempt has begun before; nil for never.
    package var expiresAt: Int64?
    /// What lists find it by; follows from ``tags`` and ``metadata``.
    let labels: [String]

    package init(
        tenant: String, type: String, queue: String, priority: Int = 5, input: String = "{}", runAt: Int64? = nil, maxRetries: Int = 3,
        softMilliseconds: Int64? = nil, timeoutMilliseconds: Int64? = nil, tags: String? = nil, metadata: String? = nil,
        uniqueKey: UniqueKey? = nil, expiresAt: Int64? = nil
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
        self.uniqueKey = uniqueKey
        self.expiresAt = expiresAt
        labels = TaskLabel.all(tags: tags, metadata: metadata)
    }

    /// Whether a payload row is needed: most small tasks carry `{}` and nothing else.
    var hasPayload: Bool { input != "{}" || tags != nil || metadata != nil }
    /// Whether its row has more than the columns that every task needs.
    var hasOptions: Bool { uniqueKey != nil || expiresAt != nil }
}

/// A key that one task at a time holds, within its tenant and task type.
package struct UniqueKey: Sendable, Equatable {
    /// The client's text, without NUL, as the database keeps it.
    package let text: String
    /// The task holds the key at least until then, however early it ends; microseconds since 1970. 0: until it ends.
    package let until: Int64

    /// A key as the client wrote it.
    package init(_ text: String, until: Int64 = 0) {
        self.text = SQLValue.storable(text)
        self.until = until
    }
}
