/// Why a task does not run, or what it does instead: one fact each, the most telling first in a list of them.
///
/// ``code`` is what clients switch over, so a word once released stays; docs/steering.md explains each.
package enum WhyReason: Sendable, Equatable {
    /// It is over; the state says how.
    case ended
    /// A worker works on it.
    case running(WhyAttempt)
    /// The worker that works on it has not renewed its life for so long; when it is declared dead the task is taken over.
    case workerSilent(WhyAttempt, silentMilliseconds: Int64)
    /// Its cancellation was asked for at this time, and its handler has not ended yet.
    case cancelRequested(at: Int64)
    /// Unfinished nodes of its run come before it: some of them, and how many more.
    case waitingForParents([WhyParent], more: Int)
    /// So many elements of its list have not ended.
    case waitingForElements(Int)
    /// As many elements of its list as may run at once do, and others come first.
    case waitingForRoom
    /// The run that it stands for has not ended.
    case waitingForRun(Int64?)
    /// Its run has not been told of this event; the time at which it fails, nil for that of its run.
    case waitingForEvent(name: String, until: Int64?)
    /// Its time lies ahead.
    case scheduled(runAt: Int64)
    /// An attempt failed; the next is made at this time.
    case backingOff(runAt: Int64, attempt: Int, maxRetries: Int, TaskError)
    /// Its time has come, and it has not been queued yet.
    case due(runAt: Int64)
    /// Nothing of its queue is started, for all tenants or for its own.
    case queuePaused(queue: String, forTenantOnly: Bool)
    /// No process that executes tasks is there.
    case noWorker
    /// There are workers, but none serves its queue.
    case queueNotServed(queue: String, pool: String)
    /// Workers serve its queue, but none knows its type.
    case typeUnknown(type: String)
    /// Those that could take it shut down.
    case workersDraining(workers: Int)
    /// Those that could take it have stopped renewing their lives.
    case workersSilent(workers: Int)
    /// The pool's limit is 0.
    case poolPaused(pool: String)
    /// All slots of the pool are taken.
    case poolFull(WhyPool)
    /// Others come first: the tenant's own tasks of higher priority, or older ones; other tenants' take turns with them.
    case tasksAhead(own: LimitedCount, others: LimitedCount)
    /// It will not begin at this time or later.
    case expires(at: Int64)
    /// Nothing is in its way.
    case ready

    /// A stable word.
    package var code: String {
        switch self {
        case .ended: "ended"
        case .running: "running"
        case .workerSilent: "worker_silent"
        case .cancelRequested: "cancel_requested"
        case .waitingForParents: "waiting_for_parents"
        case .waitingForElements: "waiting_for_elements"
        case .waitingForRoom: "waiting_for_room"
        case .waitingForRun: "waiting_for_run"
        case .waitingForEvent: "waiting_for_event"
        case .scheduled: "scheduled"
        case .backingOff: "backing_off"
        case .due: "due"
        case .queuePaused: "queue_paused"
        case .noWorker: "no_worker"
        case .queueNotServed: "queue_not_served"
        case .typeUnknown: "type_unknown"
        case .workersDraining: "workers_draining"
        case .workersSilent: "workers_silent"
        case .poolPaused: "pool_paused"
        case .poolFull: "pool_full"
        case .tasksAhead: "tasks_ahead"
        case .expires: "expires"
        case .ready: "ready"
        }
    }
}

/// A node that has to end first.
package struct WhyParent: Sendable, Equatable {
    /// Its id in the definition.
    package let node: String
    /// The task that it is.
    package let task: Int64
    /// Where it stands.
    package let state: TaskState

    package init(node: String, task: Int64, state: TaskState) {
        self.node = node
        self.task = task
        self.state = state
    }
}

/// The attempt that runs.
package struct WhyAttempt: Sendable, Equatable {
    /// From 1.
    package let number: Int
    /// The worker's id.
    package let worker: Int64
    /// The worker's name; nil when its row is gone.
    package let workerName: String?
    /// Microseconds since 1970.
    package let startedAt: Int64
    /// When the handler is cancelled, microseconds since 1970, by the limits that this process would give the task.
    package let softDeadline: Int64
    /// When the attempt ends whatever the handler does.
    package let hardDeadline: Int64

    package init(number: Int, worker: Int64, workerName: String?, startedAt: Int64, softDeadline: Int64, hardDeadline: Int64) {
        self.number = number
        self.worker = worker
        self.workerName = workerName
        self.startedAt = startedAt
        self.softDeadline = softDeadline
        self.hardDeadline = hardDeadline
    }
}

/// A pool whose slots are taken.
package struct WhyPool: Sendable, Equatable {
    /// The pool's name.
    package let name: String
    /// Slots of the workers that could take the task.
    package let slots: Int
    /// Workers that could take it.
    package let workers: Int
    /// The tenant's running tasks of the pool.
    package let own: Int
    /// All other tenants' running tasks of the pool.
    package let others: Int

    package init(name: String, slots: Int, workers: Int, own: Int, others: Int) {
        self.name = name
        self.slots = slots
        self.workers = workers
        self.own = own
        self.others = others
    }
}
