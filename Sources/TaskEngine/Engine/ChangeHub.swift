package import Storage
import Synchronization

/// Tells everybody in this process, and a hint of it to the other processes on the database, what was committed.
///
/// ``announce(_:)`` is called after a commit and never before. Listeners are added while the process starts; they are
/// called on the announcing thread, must not block, and see changes of one task in any order (compare `version`).
package final class ChangeHub: Sendable {
    /// Channel on which processes tell each other that tasks became ready.
    static let readyChannel = "millrace_ready"
    /// Channel on which processes tell each other whose cancellation was asked for; the payload is the task's id.
    static let cancelChannel = "millrace_cancel"
    /// Channel on which processes tell each other that a pool got another limit.
    static let poolsChannel = "millrace_pools"
    /// Channel on which processes tell each other that schedules were written.
    static let schedulesChannel = "millrace_schedules"

    /// Takes committed changes. Must not block.
    package typealias Listener = @Sendable ([TaskChange]) -> Void
    /// Takes the id of a running task that is to be cancelled. Must not block.
    package typealias CancelListener = @Sendable (Int64) -> Void

    private struct Listeners {
        var changes: [Listener] = []
        var cancels: [CancelListener] = []
        var ready: [@Sendable () -> Void] = []
        var pools: [@Sendable () -> Void] = []
        var runs: [@Sendable () -> Void] = []
        var schedules: [@Sendable () -> Void] = []
    }

    private let listeners = Mutex(Listeners())
    private let database: any Database

    package init(database: any Database) {
        self.database = database
    }

    /// Calls `listener` with everything announced from now on.
    package func subscribe(_ listener: @escaping Listener) {
        listeners.withLock { $0.changes.append(listener) }
    }

    /// Calls `listener` with the id of each running task whose cancellation is asked for in this process.
    package func subscribeToCancels(_ listener: @escaping CancelListener) {
        listeners.withLock { $0.cancels.append(listener) }
    }

    /// Calls `listener` when a queue was resumed in this process.
    func subscribeToReady(_ listener: @escaping @Sendable () -> Void) {
        listeners.withLock { $0.ready.append(listener) }
    }

    /// Calls `listener` when a pool got another limit in this process.
    func subscribeToPools(_ listener: @escaping @Sendable () -> Void) {
        listeners.withLock { $0.pools.append(listener) }
    }

    /// Calls `listener` when a workflow run was started, ended or retried in this process.
    func subscribeToRuns(_ listener: @escaping @Sendable () -> Void) {
        listeners.withLock { $0.runs.append(listener) }
    }

    /// Announces that a workflow run has another time limit than before, or is new.
    func announceRuns() {
        for listener in listeners.withLock({ $0.runs }) { listener() }
    }

    /// Calls `listener` when a schedule was written in this process.
    func subscribeToSchedules(_ listener: @escaping @Sendable () -> Void) {
        listeners.withLock { $0.schedules.append(listener) }
    }

    /// Announces committed changes.
    package func announce(_ changes: [TaskChange]) {
        guard !changes.isEmpty else { return }
        for listener in listeners.withLock({ $0.changes }) { listener(changes) }
        if changes.contains(where: { $0.state == .queued || $0.state == .scheduled }) {
            database.notify(channel: Self.readyChannel, payload: "")
        }
    }

    /// Announces that tasks became ready without a change of their own: a queue was resumed.
    func announceReady() {
        for listener in listeners.withLock({ $0.ready }) { listener() }
        database.notify(channel: Self.readyChannel, payload: "")
    }

    /// Announces that a pool got another limit, or its own again.
    func announcePools() {
        for listener in listeners.withLock({ $0.pools }) { listener() }
        database.notify(channel: Self.poolsChannel, payload: "")
    }

    /// Announces that a schedule has other due times than before.
    func announceSchedules() {
        for listener in listeners.withLock({ $0.schedules }) { listener() }
        database.notify(channel: Self.schedulesChannel, payload: "")
    }

    /// Announces that a running task is to be cancelled, wherever it runs.
    package func announceCancel(of task: Int64) {
        for listener in listeners.withLock({ $0.cancels }) { listener(task) }
        database.notify(channel: Self.cancelChannel, payload: "\(task)")
    }
}
