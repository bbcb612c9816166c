import ServiceLifecycle
import Storage

/// What a wait for a task's end led to.
package enum EndWait: Sendable {
    /// It has ended: succeeded, failed, cancelled or skipped.
    case ended(TaskStatus)
    /// The time is over, the wait was stopped, or the process shuts down; how the task stands now.
    case unfinished(TaskStatus)
    /// The tenant has no such task, or no longer: it was deleted.
    case unknown
    /// Too many wait in this process already (1,000); nothing was waited for.
    case tooManyWaiters
}

extension TaskService {
    /// How often tasks that are waited for are looked up, beside what this process hears of its own commits. On PostgreSQL others end
    /// tasks too: a short task is found soon, and who waits long asks seldom. On SQLite it only makes up for a commit whose
    /// answer was lost.
    private var lookIntervals: ClosedRange<Duration> {
        switch database.dialect {
        case .postgres: .milliseconds(20)...(.milliseconds(400))
        case .sqlite: .seconds(5)...(.seconds(5))
        }
    }

    /// Waits until the task has ended, wherever it runs.
    ///
    /// ```swift
    /// switch try await service.waitForEnd(of: id, tenant: "default", upTo: .seconds(60)) {
    /// case .ended(let status): print(status.output ?? "null")
    /// case .unfinished(let status): print("still \(status.state)")
    /// case .unknown, .tooManyWaiters: …
    /// }
    /// ```
    /// Works with or without an engine in this process. What this process commits is noticed at once; what other processes
    /// commit on the same PostgreSQL within about half a second, and in the first second sooner. The cancellation of the caller's Swift task and a graceful
    /// shutdown end the wait at once.
    /// - Parameters:
    ///   - limit: zero or less only reads how the task stands.
    ///   - stop: ends the wait early.
    /// - Throws: ``StorageError`` when the database cannot be read.
    package func waitForEnd(
        of task: Int64, tenant: String, upTo limit: Duration, stop: WaitStop? = nil
    ) async throws -> EndWait {
        guard limit > .zero else { return try await standing(task, tenant) }
        // Counted in before the first look: an end between look and wait is not missed.
        guard let waiter = waiting.enter(task: task, tenant: tenant) else { return .tooManyWaiters }
        defer { waiting.leave(waiter) }
        stop?.onStop { waiter.stop() }
        return try await withGracefulShutdownHandler {
            try await wait(waiter, upTo: limit)
        } onGracefulShutdown: {
            waiter.stop()
        }
    }

    private func wait(_ waiter: TaskWaiting.Waiter, upTo limit: Duration) async throws -> EndWait {
        let end = ContinuousClock.now + limit
        while true {
            let found = try await standing(waiter.task, waiter.tenant)
            guard case .unfinished = found else { return found }
            let left = ContinuousClock.now.duration(to: end)
            if left <= .zero || waiter.isStopped || Task.isCancelled { return found }
            await waiting.pause(waiter, atMost: left, lookingEvery: lookIntervals) { await unfinished(among: $0) }
        }
    }

    private func standing(_ task: Int64, _ tenant: String) async throws -> EndWait {
        guard let status = try await database.read({ try ReadTask.status(task, tenant: tenant, on: $0) }) else { return .unknown }
        return status.state.isTerminal ? .ended(status) : .unfinished(status)
    }

    /// Nil while the database cannot be read: the next look may find it again, and each waiter's own last read tells its client.
    private func unfinished(among tasks: [(task: Int64, tenant: String)]) async -> Set<Int64>? {
        do {
            return Set(try await database.read { try UnfinishedTasks.ids(among: tasks, on: $0) })
        } catch {
            return nil
        }
    }
}
