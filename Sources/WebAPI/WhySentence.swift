import TaskEngine
import WebCore

/// One sentence for people about each reason.
enum WhySentence {
    static func text(_ reason: WhyReason, _ why: Why) -> String {
        switch reason {
        case .ended:
            "It has ended: \(why.state.rawValue)\(why.error.map { " (\($0.code))" } ?? "")."
        case .running(let attempt):
            "Attempt \(attempt.number) has been running on \(name(attempt)) for \(seconds(why.readAt - attempt.startedAt))."
        case .workerSilent(let attempt, let silence):
            "\(name(attempt)) has not been heard of for \(seconds(silence * 1000)); the task is taken over when it is declared dead."
        case .cancelRequested:
            "Its cancellation was asked for; the handler has not ended yet."
        case .waitingForParents(let parents, let more):
            parents.isEmpty ? "Tasks that come before it have not ended." : "It waits for \(names(parents, more))."
        case .waitingForElements(let count):
            count == 1 ? "One element of its list has not ended." : "\(count) elements of its list have not ended."
        case .waitingForRoom:
            "As many elements of its list as may run at once do; others come first."
        case .waitingForRun(let run):
            "The run that it stands for has not ended\(run.map { ": \($0)" } ?? "")."
        case .waitingForEvent(let name, let until):
            "It waits for the event '\(name)'\(until.map { "; it fails in \(seconds($0 - why.readAt)) without it" } ?? "")."
        case .scheduled(let time):
            "Its time comes in \(seconds(time - why.readAt))."
        case .backingOff(let time, let attempt, let maxRetries, let error):
            "Attempt \(attempt) of \(maxRetries + 1) failed (\(error.code)); the next is made in \(seconds(time - why.readAt))."
        case .due:
            "Its time has come; a live worker queues it within about a second."
        case .queuePaused(let queue, let forTenantOnly):
            forTenantOnly ? "The queue '\(queue)' is paused for this tenant." : "The queue '\(queue)' is paused."
        case .noWorker:
            "No worker is there."
        case .queueNotServed(let queue, let pool):
            "No worker serves the queue '\(queue)' (pool '\(pool)')."
        case .typeUnknown(let type):
            "No worker that serves its queue knows the type '\(type)'."
        case .workersDraining(let count):
            "\(workers(count)) could take it, but \(count == 1 ? "is" : "are all") shutting down."
        case .workersSilent(let count):
            "\(workers(count)) could take it, but \(count == 1 ? "does" : "do") not respond."
        case .poolPaused(let pool):
            "The limit of the pool '\(pool)' is 0."
        case .poolFull(let pool):
            "All \(pool.slots) slots of the pool '\(pool.name)' are taken: \(pool.own) by this tenant, \(pool.others) by others."
        case .tasksAhead(let own, let others):
            "\(number(own)) of this tenant's tasks come first; \(number(others)) of other tenants take turns with them."
        case .expires(let time):
            time > why.readAt ? "It expires in \(seconds(time - why.readAt))." : "It has expired and is about to be cancelled."
        case .ready:
            "Nothing is in its way: it is about to start."
        }
    }

    private static func name(_ attempt: WhyAttempt) -> String {
        attempt.workerName.map { "worker \($0) (\(attempt.worker))" } ?? "worker \(attempt.worker)"
    }

    private static func names(_ parents: [WhyParent], _ more: Int) -> String {
        parents.map { "\($0.node) (\($0.state.rawValue))" }.joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
    }

    private static func workers(_ count: Int) -> String { count == 1 ? "One worker" : "\(count) workers" }

    private static func number(_ count: LimitedCount) -> String { count.hasMore ? "\(count.number)+" : "\(count.number)" }

    /// Tenths of seconds below ten, whole ones above.
    private static func seconds(_ microseconds: Int64) -> String {
        let milliseconds = max(0, microseconds) / 1000
        return milliseconds < 10_000 ? "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s" : "\(milliseconds / 1000) s"
    }
}
