/// What has to be known to say why a task does not run. Only the task itself is known of one that is not queued.
struct WhyFacts: Sendable {
    struct Task: Sendable, Equatable {
        var id: Int64 = 1
        var state: TaskState
        var type = ""
        var queue = ""
        var priority = 5
        var readyAt: Int64 = 0
        var attempt = 0
        var maxRetries = 0
        var softMilliseconds: Int64?
        var timeoutMilliseconds: Int64?
        var startedAt: Int64?
        var finishedAt: Int64?
        var cancelRequestedAt: Int64?
        var expiresAt: Int64?
        var error: TaskError?
        var worker: Int64?
        var workerName: String?
        var workerSeenAt: Int64?
    }

    struct Queue: Sendable, Equatable {
        var pool: String
        var isPaused = false
        var isPausedForTenant = false
    }

    /// A worker that is not known to have ended, in its bearing on the task.
    struct Worker: Sendable, Equatable {
        var isDraining = false
        var seenAt: Int64 = 0
        /// Whether it serves the task's queue and pool.
        var servesQueue = true
        var knowsType = true
        /// What it runs of the pool at once.
        var limit: Int
        /// What it runs of the pool now.
        var running: Int
    }

    var task: Task
    /// Nil unless the task is queued.
    var queue: Queue?
    var workers: [Worker] = []
    /// Running tasks of the pool, of this tenant and of all others.
    var running: (own: Int, others: Int) = (0, 0)
    /// Ready tasks that come first, of this tenant, and ready tasks of all others in the queue.
    var ahead = (own: LimitedCount(number: 0, hasMore: false), others: LimitedCount(number: 0, hasMore: false))

    init(task: Task, queue: Queue? = nil, workers: [Worker] = []) {
        self.task = task
        self.queue = queue
        self.workers = workers
    }
}
