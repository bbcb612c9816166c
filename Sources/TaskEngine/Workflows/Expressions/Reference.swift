/// A value of a run that an expression names: `params.x`, `nodes.scan.output.rows[0]`, `run.id`, `item`, `index`, `secrets.NAME`.
package struct Reference: Sendable, Hashable {
    /// Where the value comes from.
    package enum Source: Sendable, Hashable {
        /// A parameter of the run; null when it is optional and was not given.
        case parameter(String)
        /// The output of a node that ends before; null when it did not succeed or has none.
        case output(node: String)
        /// The run's id, an integer.
        case runID
        /// The element that a task of a `foreach` node works on.
        case item
        /// The position of that element, from 0.
        case index
        /// A stored secret of the tenant.
        case secret(String)
    }

    /// One step into an object or an array.
    package enum Step: Sendable, Hashable {
        case member(String)
        /// From 0.
        case element(Int)
    }

    /// Where the value comes from.
    package let source: Source
    /// The way into it, from the outside in; empty for the whole value.
    package let path: [Step]
    /// Where it begins in the expression, in characters from 1.
    package let column: Int

    package init(_ source: Source, path: [Step] = [], column: Int = 1) {
        self.source = source
        self.path = path
        self.column = column
    }

    /// How it is written, without `${` and `}`.
    package var text: String {
        var text =
            switch source {
            case .parameter(let name): "params" + Self.written(.member(name))
            case .output(let node): "nodes" + Self.written(.member(node)) + ".output"
            case .runID: "run.id"
            case .item: "item"
            case .index: "index"
            case .secret(let name): "secrets" + Self.written(.member(name))
            }
        for step in path { text += Self.written(step) }
        return text
    }

    /// A step as it is written behind what it leads into.
    static func written(_ step: Step) -> String {
        switch step {
        case .element(let index): "[\(index)]"
        case .member(let name):
            !name.isEmpty && name.unicodeScalars.allSatisfy(ExpressionScanner.isNamePart) ? "." + name : "[\(JSONLiteral.quoted(name))]"
        }
    }
}
