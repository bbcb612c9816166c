/// Collects the parameters and nodes of a ``Workflow``. `if`, `switch` and `for` may stand between them.
@resultBuilder
public enum WorkflowBuilder {
    /// A parameter or a node.
    public enum Part: Sendable {
        case parameter(Parameter)
        case node(Node)
    }

    /// A parameter that stands for itself.
    public static func buildExpression(_ parameter: Parameter) -> [Part] { [.parameter(parameter)] }
    /// A node that stands for itself.
    public static func buildExpression(_ node: Node) -> [Part] { [.node(node)] }
    /// Nodes made elsewhere.
    public static func buildExpression(_ nodes: [Node]) -> [Part] { nodes.map(Part.node) }
    /// What stands in a block, in its order.
    public static func buildBlock(_ parts: [Part]...) -> [Part] { parts.flatMap(\.self) }
    /// An `if` without `else`.
    public static func buildOptional(_ parts: [Part]?) -> [Part] { parts ?? [] }
    /// The first branch of an `if` or `switch`.
    public static func buildEither(first parts: [Part]) -> [Part] { parts }
    /// The other branch of an `if` or `switch`.
    public static func buildEither(second parts: [Part]) -> [Part] { parts }
    /// A `for`.
    public static func buildArray(_ parts: [[Part]]) -> [Part] { parts.flatMap(\.self) }
}
