/// What a schedule starts.
package enum ScheduleTarget: Sendable {
    /// Submits a task. All that its type or the process leaves open was filled in when the schedule was written, so that any
    /// process can submit it, also one that does not know the type.
    case task(NewTask)
    /// Starts a run of a workflow.
    case workflow(ScheduledWorkflow)
}

/// A workflow as a schedule starts it.
package struct ScheduledWorkflow: Sendable, Equatable {
    /// Name that runs are started by.
    package let name: String
    /// Nil: whichever is the latest when it starts.
    package let version: Int?
    /// JSON object, the client's own bytes.
    package let params: String

    /// - Parameter id: `name` or `name@version`. What follows the last `@` and is no number belongs to the name.
    package init(id: String, params: String) {
        self.params = params
        let parts = id.split(separator: "@", omittingEmptySubsequences: false)
        if parts.count > 1, let last = parts.last, let version = Int(last), version > 0 {
            self.version = version
            name = String(id.dropLast(last.count + 1))
        } else {
            version = nil
            name = id
        }
    }

    /// `name` or `name@version`.
    package var id: String { version.map { "\(name)@\($0)" } ?? name }
}
