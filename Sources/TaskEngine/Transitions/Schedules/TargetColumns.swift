/// The target of a schedule as its row holds it.
struct TargetColumns: Sendable {
    let kind: String
    let name: String
    let input: String
    /// Nil for a workflow.
    let task: NewTask?

    init(_ target: ScheduleTarget) {
        switch target {
        case .task(let task): (kind, name, input, self.task) = ("task", task.type, task.input, task)
        case .workflow(let workflow): (kind, name, input, task) = ("workflow", workflow.id, workflow.params, nil)
        }
    }
}
