/// How an engine behaves. Values come from settings (see `.env.example`); defaults are those of the product.
package struct EngineSettings: Sendable {
    /// Concurrency of each pool in this process, by name.
    package var pools: [String: Int] = ["default": 10, "postgres": 5, "priority": 3, "ingest": 2]
    /// Queues this process serves; nil serves all queues of its pools.
    package var servedQueues: Set<String>?
    /// For people; need not be unique.
    package var workerName = "worker"
    /// For people; need not be unique.
    package var hostName = "localhost"
    /// Time between two heartbeats.
    package var heartbeat = Duration.seconds(5)
    /// A worker whose counter stood still for this long is dead. A process that could not renew its own for three quarters
    /// of it gives its claims up first.
    package var workerDead = Duration.seconds(20)
    /// Time for running work at shutdown.
    package var grace = Duration.seconds(20)
    /// Default soft limit: the handler is cancelled.
    package var softLimit = Duration.seconds(3300)
    /// Default hard limit: the attempt ends.
    package var timeout = Duration.seconds(3600)
    /// Default time limit of a workflow run.
    package var workflowTimeout = Duration.seconds(7200)
    /// Default retries.
    package var retry = RetryStrategy.exponentialJitter()
    /// How long what has ended is kept.
    package var retention = Retention()
    /// Handlers that outlived their hard limit before the process drains and exits 75.
    package var mostAbandonedHandlers = 4

    package init() {}

    /// The time limits of an attempt: the task's own, else its type's, else the process's.
    func limits(
        of type: TaskTypeOptions?, softMilliseconds: Int64?, timeoutMilliseconds: Int64?
    ) -> (soft: Duration, hard: Duration) {
        let hard = timeoutMilliseconds.map { .milliseconds($0) } ?? type?.timeout ?? timeout
        let soft = softMilliseconds.map { .milliseconds($0) } ?? type?.softLimit ?? softLimit
        // A handler needs some time between being asked to end and being given up: a twelfth, as in the defaults.
        return (min(soft, hard * 11 / 12), hard)
    }

    /// Sum of all pools: how many handlers may run at once.
    var totalSlots: Int { pools.values.reduce(0, +) }
}
