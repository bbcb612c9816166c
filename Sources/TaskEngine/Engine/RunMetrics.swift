import Metrics

/// Counts workflow runs that this process ended, when their ends are announced: after the commit, each end once.
///
/// | metric | kind | dimensions |
/// |---|---|---|
/// | `millrace_workflow_runs_total` | counter | `status` (succeeded, failed, cancelled, timed_out) |
/// | `millrace_workflow_run_duration_seconds` | timer | `status`; from the begin of the first node to the end |
package struct RunMetrics: Sendable {
    private struct Handles: Sendable {
        let count: Counter
        let duration: Timer
    }

    private let handles: [RunState: Handles]

    /// Makes the handles, so that every series is there before the first run.
    package init() {
        let states = RunState.allCases.filter(\.isTerminal)
        handles = Dictionary(
            uniqueKeysWithValues: states.map { state in
                let dimensions = [("status", state.rawValue)]
                let handles = Handles(
                    count: Counter(label: "millrace_workflow_runs_total", dimensions: dimensions),
                    duration: Timer(label: "millrace_workflow_run_duration_seconds", dimensions: dimensions))
                return (state, handles)
            })
    }

    /// Takes committed changes.
    package func heard(_ changes: [TaskChange]) {
        for change in changes {
            guard let end = change.endedRun, let handles = handles[end.state] else { continue }
            handles.count.increment()
            handles.duration.recordMicroseconds(max(0, end.microseconds))
        }
    }
}
