/// A task type's defaults; a submit may override most of them.
public struct TaskTypeOptions: Sendable {
    /// Queue of tasks that name none. Default: `default`.
    public var queue: String
    /// Nil: the process's defaults (`MILLRACE_MAX_RETRIES`, `MILLRACE_RETRY_BASE_MS`, `MILLRACE_RETRY_CAP_MS`).
    public var retry: RetryStrategy?
    /// After this the handler is cancelled. Nil: eleven twelfths of the hard limit, or `MILLRACE_TASK_SOFT_MS` if that is less.
    public var softLimit: Duration?
    /// After this the attempt ends whatever the handler does. Nil: `MILLRACE_TASK_TIMEOUT_MS`.
    public var timeout: Duration?
    /// Further names clients may submit under; stored under the type's own.
    public var aliases: [String]
    /// Where its handler runs. Default: in the engine's process.
    public var isolation: TaskIsolation
    /// Members of the input whose texts may hold `${secrets.NAME}`: filled in when the handler runs, never stored. Default: none.
    public var secretFields: Set<String>
    /// How clients submit it, when that is not `POST /tasks`: a submit by its name is refused and says so. Nil: by its name.
    package var submittedThrough: String?

    public init(
        queue: String = "default", retry: RetryStrategy? = nil, softLimit: Duration? = nil, timeout: Duration? = nil,
        aliases: [String] = [],
        isolation: TaskIsolation = .none, secretFields: Set<String> = []
    ) {
        self.queue = queue
        self.retry = retry
        self.softLimit = softLimit
        self.timeout = timeout
        self.aliases = aliases
        self.isolation = isolation
        self.secretFields = secretFields
        submittedThrough = nil
    }
}
