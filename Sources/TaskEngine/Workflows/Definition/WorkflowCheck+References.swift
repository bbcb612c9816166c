extension WorkflowCheck {
    /// One place where a node refers to something.
    private struct Place {
        let node: Int
        /// Of the text that holds the reference.
        let path: [String]
        let expression: String
        let reference: Reference
        /// Whether `item` and `index` mean something here.
        let isInForeach: Bool
        /// Whether a secret may stand here.
        let takesSecrets: Bool
    }

    /// Every reference names something that is there when the node's turn comes.
    mutating func checkReferences(_ graph: WorkflowGraph) {
        let parameters = Set(definition.parameters.map(\.name))
        var distant: [(place: Place, target: Int)] = []
        for index in definition.nodes.indices {
            let places = places(index)
            let parents = places.isEmpty ? [] : Set(graph.parents[index])
            for place in places {
                if let target = checkReference(place, parameters), !parents.contains(target) { distant.append((place, target)) }
            }
        }
        checkAncestors(distant, graph)
    }

    /// - Returns: the node that is referred to, if that is what it is and there is such a node.
    private mutating func checkReference(_ place: Place, _ parameters: Set<String>) -> Int? {
        switch place.reference.source {
        case .parameter(let name):
            if !parameters.contains(name) { fault(place, "there is no parameter '\(Self.shortened(name))': declare it in parameters") }
        case .output(let id):
            if let target = index(of: id) { return target }
            fault(place, "there is no node '\(Self.shortened(id))'")
        case .item, .index:
            if !place.isInForeach { fault(place, "'\(place.reference.text)' exists only in the input of a node with foreach") }
        case .secret(let name):
            if !place.takesSecrets { fault(place, "secrets may stand only in fields that the task type declares secret") }
            if !SecretName.isValid(name) { fault(place, "no secret can have the name '\(Self.shortened(name))'") }
        case .runID: break
        }
        return nil
    }

    /// References to nodes that are not parents: each must be further up. One bit per node that is referred to and node, so that
    /// the cost stays at edges × targets / 64 whatever the definition.
    private mutating func checkAncestors(_ distant: [(place: Place, target: Int)], _ graph: WorkflowGraph) {
        guard !distant.isEmpty else { return }
        var bits: [Int: Int] = [:]
        for (_, target) in distant where bits[target] == nil { bits[target] = bits.count }
        let words = (bits.count + 63) / 64
        var above = Array(repeating: UInt64(0), count: graph.parents.count * words)
        for node in graph.order {
            for parent in graph.parents[node] {
                for word in 0..<words { above[node * words + word] |= above[parent * words + word] }
                if let bit = bits[parent] { above[node * words + bit / 64] |= 1 << UInt64(bit % 64) }
            }
        }
        for (place, target) in distant {
            // On a cycle or below one nothing is said about who is above whom: the cycle is the problem.
            guard graph.levels[place.node] != nil, let bit = bits[target] else { continue }
            if above[place.node * words + bit / 64] & 1 << UInt64(bit % 64) != 0 { continue }
            let id = definition.nodes[target].id
            fault(
                place, target == place.node ? "a node cannot use its own output" : "node '\(id)' need not have ended: add it to depends_on")
        }
    }

    private func places(_ index: Int) -> [Place] {
        let node = definition.nodes[index]
        let base = Self.path(index)
        var places: [Place] = []
        if let when = node.when {
            places += when.references.map {
                Place(
                    node: index, path: base + ["when"], expression: when.source, reference: $0, isInForeach: false, takesSecrets: false)
            }
        }
        for (field, template) in node.templates where !template.isStatic {
            let isInput = field == ["input"]
            let secrets = isInput ? node.task.flatMap { call in rules.task?(call.type)?.secretFields } ?? [] : []
            // Without known types the field may be declared by a process that knows the type.
            let areUnknown = isInput && rules.task == nil
            places += template.uses.map { use in
                Place(
                    node: index, path: base + field + use.path, expression: use.expression, reference: use.reference,
                    isInForeach: isInput && node.task?.foreach != nil,
                    takesSecrets: areUnknown || use.path.first.map(secrets.contains) == true)
            }
        }
        return places
    }

    private mutating func fault(_ place: Place, _ message: String) {
        problem(place.path, "\(ExpressionError(place.expression, column: place.reference.column, message))")
    }
}
