import Synchronization

/// What the transitions of runs need to know of the process: plans at hand, task types, limits.
package final class Workflows: Sendable {
    /// Plans of the definitions in use.
    package let plans: WorkflowPlans
    let limits: RunLimits
    private let process: Mutex<(registry: TaskRegistry, settings: EngineSettings)>

    /// Without task types every node goes by the defaults of the settings.
    package init(
        registry: TaskRegistry = TaskRegistry(), settings: EngineSettings = EngineSettings(), limits: RunLimits = RunLimits(),
        plans: WorkflowPlans = WorkflowPlans()
    ) {
        process = Mutex((registry, settings))
        self.limits = limits
        self.plans = plans
    }

    /// From now on nodes go by these types: some of them need this value before all are registered.
    package func adopt(_ registry: TaskRegistry, _ settings: EngineSettings) {
        process.withLock { $0 = (registry, settings) }
    }

    /// The columns of a node's row that its definition leaves open.
    struct Resolved: Sendable {
        var type: String
        var queue: String
        var priority = 5
        var maxRetries: Int
        var softMilliseconds: Int64?
        var timeoutMilliseconds: Int64?
    }

    func resolve(_ node: WorkflowDefinition.Node) -> Resolved {
        switch node.kind {
        case .task(let call):
            let (registry, settings) = process.withLock { $0 }
            let type = registry.type(named: call.type)
            return Resolved(
                type: type?.name ?? call.type, queue: call.queue ?? type?.options.queue ?? Self.defaultQueue, priority: call.priority ?? 5,
                maxRetries: call.retry.maxRetries ?? type?.options.retry?.maxRetries ?? settings.retry.maxRetries,
                softMilliseconds: call.softTimeoutMilliseconds, timeoutMilliseconds: call.timeoutMilliseconds)
        case .waitEvent: return own(WorkflowTasks.waitEvent)
        case .sleep: return own(WorkflowTasks.sleep)
        case .workflow: return own(WorkflowTasks.workflow)
        }
    }

    /// Members of the inputs of a task type that may refer to secrets; nil, which may be all of them, when this process does not know
    /// the type.
    func secretFields(of type: String) -> Set<String>? {
        process.withLock { $0.registry }.type(named: type)?.options.secretFields
    }

    /// When a run of `definition` that begins at `now` is ended; microseconds since 1970.
    func deadline(of definition: WorkflowDefinition, now: Int64) -> Int64 {
        now + (definition.timeoutMilliseconds.map { $0 * 1000 } ?? process.withLock { $0.settings.workflowTimeout }.wholeMicroseconds)
    }

    private func own(_ type: String) -> Resolved { Resolved(type: type, queue: SystemQueue.name, maxRetries: 0) }

    private static let defaultQueue = "default"
}

/// Bounds of runs.
package struct RunLimits: Sendable {
    /// Elements of one list.
    package var mostElements = 10_000
    /// Bytes of the inputs of one list's elements together.
    package var mostInputBytes = 32 << 20
    /// Tasks of one run, elements included.
    package var mostTasks = 100_000
    /// Runs above a child run.
    package var mostDepth = 10
    /// Nodes of all child runs that begin in one transaction.
    package var mostChildNodes = 10_000
    /// Bytes of a node's output.
    package var mostOutputBytes = 1 << 20
    /// Tasks that one transaction looks at to end runs; the rest follows in transactions of their own.
    package var mostStops = 5_000
    /// Events kept with a run.
    package var mostEvents = 10_000

    package init() {}
}
