extension ExpressionScanner {
    /// Reads a reference, from its first word to the end of its path.
    mutating func reference() throws(ExpressionError) -> Reference {
        let start = position
        guard let root = name() else { throw failure(Self.roots) }
        return try reference(root, at: start)
    }

    /// Reads what follows the first word of a reference.
    mutating func reference(_ root: String, at start: Int) throws(ExpressionError) -> Reference {
        switch root {
        case "params": return Reference(.parameter(try key(of: root)), path: try path(), column: start + 1)
        case "nodes":
            let node = try key(of: root)
            guard take(".output"), next.map(Self.isNamePart) != true else {
                throw failure("'.output' expected: a node has nothing else that can be referred to")
            }
            return Reference(.output(node: node), path: try path(), column: start + 1)
        case "run":
            guard take(".id"), next.map(Self.isNamePart) != true else {
                throw failure("'.id' expected: a run has nothing else that can be referred to")
            }
            return try ending(Reference(.runID, column: start + 1))
        case "item": return Reference(.item, path: try path(), column: start + 1)
        case "index": return try ending(Reference(.index, column: start + 1))
        case "secrets":
            let name = try key(of: root)
            return try ending(Reference(.secret(name), column: start + 1))
        default: throw failure("'\(root)' is not known: \(Self.roots)", at: start)
        }
    }

    private static let roots = "a reference begins with params., nodes., run.id, item, index or secrets."

    /// The first step, which must be a name.
    private mutating func key(of root: String) throws(ExpressionError) -> String {
        let start = position
        guard case .member(let name)? = try step() else { throw failure("a name expected, as in \(root).name", at: start) }
        return name
    }

    private mutating func path() throws(ExpressionError) -> [Reference.Step] {
        var steps: [Reference.Step] = []
        while let step = try step() {
            steps.append(step)
            if steps.count > Self.mostSteps { throw failure("a reference has at most \(Self.mostSteps) steps") }
        }
        return steps
    }

    /// `.name`, `["name"]` or `[0]`; nil if none stands here.
    private mutating func step() throws(ExpressionError) -> Reference.Step? {
        if take(".") {
            guard let name = nameRest() else { throw failure("a name expected behind the dot; other names are written [\"…\"]") }
            return .member(name)
        }
        guard take("[") else { return nil }
        let step: Reference.Step = next == "\"" ? .member(try quoted()) : .element(try element())
        guard take("]") else { throw failure("']' expected") }
        return step
    }

    private mutating func element() throws(ExpressionError) -> Int {
        let start = position
        while let scalar = next, Self.isDigit(scalar), position - start < 9 { position += 1 }
        guard let index = Int(string(from: start)) else {
            throw failure("a position from 0 or a name in double quotes expected", at: start)
        }
        return index
    }

    private func ending(_ reference: Reference) throws(ExpressionError) -> Reference {
        if next == "." || next == "[" { throw failure("\(reference.text) is a plain value: nothing is inside it") }
        return reference
    }
}
