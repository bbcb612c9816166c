package import Storage

/// Ends a run from outside: somebody cancels it, or it reached its time limit.
///
/// Before the commit it goes on; after it nothing of it, nor of the runs below it, begins any more: what did not run is
/// cancelled, what runs is marked, and the run ends with the last of it, on whatever worker that is. A run of many tasks is ended in
/// pieces: of those behind the first, what is ready may still be claimed until ``StopRuns`` has come to it.
package enum KillRun {
    /// What a kill led to.
    package enum Result: Sendable {
        /// It ends, or has ended with this.
        case killed(End)
        /// It had ended already.
        case finished(RunState)
        /// The tenant has no such run.
        case unknown
    }

    /// What was committed.
    package struct End: Sendable {
        /// To be announced.
        package var changes: [TaskChange] = []
        /// Running tasks whose workers are to be told.
        package var cancels: [Int64] = []
        /// When it was asked for first, microseconds since 1970.
        package var requestedAt: Int64
        /// The state the run is in now: running while some of its tasks do.
        package var state: RunState
    }

    /// - Parameters:
    ///   - tenant: nil when the platform ends it.
    ///   - state: what it ends as; a run that is being ended already keeps the first.
    ///   - reason: for people; nil for none.
    package static func kill(
        _ id: Int64, tenant: String?, as state: RunState, reason: String?, _ workflows: Workflows, now: Int64, on connection: any Connection
    ) throws -> Result {
        let held = try RunRow.hold([id], on: connection)
        guard let run = held[id], tenant == nil || run.tenant == tenant else { return .unknown }
        if run.finishedAt != nil { return .finished(run.state) }
        if let time = run.cancelRequestedAt { return .killed(End(requestedAt: time, state: run.state)) }
        var advance = RunAdvance(workflows, holding: held, now: now, on: connection)
        let cancels = try advance.end([id], as: state, reason: reason)
        let changes = try advance.finish()
        return .killed(End(changes: changes, cancels: cancels, requestedAt: now, state: advance.runs[id]?.state ?? run.state))
    }
}
