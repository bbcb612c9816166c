/// What a bulk operation does to each task it matches.
package enum BulkAction: String, Sendable, CaseIterable {
    /// Brings tasks back, as ``Redrive`` does with one.
    case retry
    /// Cancels tasks, as ``Cancel`` does with one.
    case cancel

    /// The task type that carries it out.
    package var taskName: String {
        switch self {
        case .retry: "tasks.retry_matching"
        case .cancel: "tasks.cancel_matching"
        }
    }

    /// States in which it does something.
    package var states: [TaskState] {
        switch self {
        case .retry: [.failed, .cancelled, .skipped]
        case .cancel: [.waiting, .scheduled, .queued, .running]
        }
    }

    /// States that a filter means which names neither a state nor tasks: whoever cancelled tasks did not mean them to come
    /// back with those that failed.
    var usualStates: [TaskState] {
        switch self {
        case .retry: [.failed]
        case .cancel: states
        }
    }
}
