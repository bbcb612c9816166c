import Dispatch

/// Runs the tasks that prefer it one job after another in the order they were enqueued: after a `Task.yield()` every
/// child task that was started before has run until its first suspension.
package final class SerialTaskExecutor: TaskExecutor {
    private let queue = DispatchQueue(label: "serial-task-executor")

    package init() {}

    /// Called by the runtime: runs `job` after all that were enqueued before it.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
    }
}
