/// What a definition is checked against: the limits of the process and what it knows.
package struct WorkflowRules: Sendable {
    /// A task type as far as definitions need it.
    package struct KnownTask: Sendable {
        /// Members of its input that may hold `${secrets.…}`.
        package let secretFields: Set<String>
        /// What is wrong with an input, as a submit would say it; nil takes any.
        package let check: (@Sendable (_ input: String) -> [InputFault])?
        /// How its tasks are submitted when not by its name, so that no node can have it: `POST /v1/uploads`. Nil for most.
        package let submittedThrough: String?

        package init(
            secretFields: Set<String> = [], submittedThrough: String? = nil, check: (@Sendable (String) -> [InputFault])? = nil
        ) {
            self.secretFields = secretFields
            self.submittedThrough = submittedThrough
            self.check = check
        }
    }

    /// Most levels, the longest way from a node without parents. Default 100.
    package var mostLevels: Int
    /// Most nodes. Default 10,000.
    package var mostNodes: Int
    /// The task type of this name or alias; nil when there is none. Nil as a whole: types are not checked.
    package var task: (@Sendable (_ name: String) -> KnownTask?)?
    /// Whether there is a queue of this name. Nil: queues are not checked.
    package var hasQueue: (@Sendable (_ name: String) -> Bool)?

    package init(
        mostLevels: Int = 100, mostNodes: Int = 10_000, task: (@Sendable (String) -> KnownTask?)? = nil,
        hasQueue: (@Sendable (String) -> Bool)? = nil
    ) {
        self.mostLevels = mostLevels
        self.mostNodes = mostNodes
        self.task = task
        self.hasQueue = hasQueue
    }

    /// For definitions that were checked when they were stored: limits may have sunk and types gone since.
    package static let stored = WorkflowRules(mostLevels: .max, mostNodes: .max)
}
