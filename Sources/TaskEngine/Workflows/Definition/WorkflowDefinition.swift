import Storage

/// What a client registered: the nodes of a workflow, how they depend on each other, and the parameters that a run takes.
///
/// A value without an identity of its own: versions are numbered where definitions are stored, and ``digest`` tells whether two of them
/// are the same. What ``parse(_:rules:)`` accepted has passed every check, so that it always makes a ``WorkflowPlan``.
package struct WorkflowDefinition: Sendable, Equatable {
    /// Name that runs are started by.
    package let name: String
    /// For people; nil for none.
    package let description: String?
    /// Time limit of a run in milliseconds; nil uses the process's default.
    package let timeoutMilliseconds: Int64?
    /// What a run takes, in the order of the text.
    package let parameters: [Parameter]
    /// In the order of the text, which means nothing for the run.
    package let nodes: [Node]
    /// The definition as JSON in one form: fields in a fixed order, defaults and white space left out, dependencies at their nodes. The
    /// client's own values in it (inputs, defaults) keep their bytes.
    package let text: String
    /// SHA-256 of what the definition says, in hexadecimal: equal for texts that differ in order of members, white space or escapes.
    package let digest: String

    init(
        name: String, description: String? = nil, timeoutMilliseconds: Int64? = nil, parameters: [Parameter] = [], nodes: [Node]
    ) {
        self.name = name
        self.description = description
        self.timeoutMilliseconds = timeoutMilliseconds
        self.parameters = parameters
        self.nodes = nodes
        let writer = WorkflowWriter(isCanonical: false)
        text = writer.text(name: name, description: description, timeout: timeoutMilliseconds, parameters: parameters, nodes: nodes)
        let canonical = WorkflowWriter(isCanonical: true)
        digest = ContentDigest.sha256(
            Array(
                canonical.text(
                    name: name, description: description, timeout: timeoutMilliseconds, parameters: parameters, nodes: nodes
                ).utf8))
    }

    package static func == (left: WorkflowDefinition, right: WorkflowDefinition) -> Bool { left.digest == right.digest }
}

extension WorkflowDefinition {
    /// A parameter of a run.
    package struct Parameter: Sendable {
        /// The types there are.
        package enum Kind: String, Sendable, CaseIterable {
            case string, integer, number, boolean, object, array
        }

        /// What expressions call it.
        package let name: String
        /// What its value must be.
        package let type: Kind
        /// Whether a run must give it. Default false.
        package let isRequired: Bool
        /// JSON text that stands in when a run does not give it; nil for none, then it is null.
        package let defaultText: String?
        /// For people; nil for none.
        package let description: String?
    }
}
