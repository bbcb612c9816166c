/// A task type's defaults; a submit may override most of them.
package struct TaskTypeOptions: Sendable {
    /// Queue of tasks that name none. Default: `default`.
    package var queue: String
    /// Nil: the process's defaults (`MILLRACE_MAX_RETRIES`, `MILLRACE_RETRY_BASE_MS`, `MILLRACE_RETRY_CAP_MS`).
    package var retry: RetryStrategy?
    /// After this the handler is cancelled. Nil: eleven twelfths of the hard limit, or `MILLRACE_TASK_SOFT_MS` if that is less.
    package var softLimit: Duration?
    /// After this the attempt ends whatever the handler does. Nil: `MILLRACE_TASK_TIMEOUT_MS`.
    package var timeout: Duration?
    /// Further names clients may submit under; stored under the type's own.
    package var aliases: [String]

    package init(
        queue: String = "default", retry: RetryStrategy? = nil, softLimit: Duration? = nil, timeout: Duration? = nil, aliases: [String] = []
    ) {
        self.queue = queue
        self.retry = retry
        self.softLimit = softLimit
        self.timeout = timeout
        self.aliases = aliases
    }
}
