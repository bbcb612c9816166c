package import JSONText

/// What came of checking the parameters of a run.
package enum RunParams: Sendable {
    /// The run's parameters as a JSON object: the given values as they were written, in the order of the definition, then the defaults
    /// of those that were not given. Optional ones without a default are left out and read as null.
    case accepted(String)
    /// All that is wrong, with pointers into the parameters.
    case refused([WorkflowProblem])
}

extension WorkflowDefinition {
    /// Checks the parameters that somebody gives to a run and adds the defaults. A `null` counts as not given.
    /// - Parameter given: nil for none.
    package func checkParams(_ given: JSONValue?) -> RunParams {
        if let given, given.kind != .object { return .refused([WorkflowProblem(pointer: "", "must be an object")]) }
        let members = given?.members ?? []
        let values = Dictionary(members.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
        var problems = unknown(members.map(\.key))
        var writer = JSONWriter()
        writer.object { object in
            for parameter in parameters {
                if let value = values[parameter.name], !value.isNull {
                    object.fieldRaw(parameter.name, value.compactText)
                    if !parameter.type.takes(value) {
                        problems.append(WorkflowProblem([parameter.name], "must be \(parameter.type.phrase)"))
                    }
                } else if parameter.isRequired {
                    problems.append(WorkflowProblem([parameter.name], "is required by workflow '\(name)': \(parameter.type.phrase)"))
                } else if let text = parameter.defaultText {
                    object.fieldRaw(parameter.name, text)
                }
            }
        }
        return problems.isEmpty ? .accepted(writer.text) : .refused(Array(problems.prefix(WorkflowFields.mostProblems)))
    }

    private func unknown(_ keys: [String]) -> [WorkflowProblem] {
        let known = Set(parameters.map(\.name))
        let names = parameters.prefix(20).map(\.name).joined(separator: ", ") + (parameters.count > 20 ? ", …" : "")
        return keys.filter { !known.contains($0) }.prefix(WorkflowFields.mostProblems).map { key in
            WorkflowProblem(
                [WorkflowCheck.shortened(key)],
                "is no parameter of workflow '\(name)'" + (names.isEmpty ? ", which has none" : "; it has \(names)"))
        }
    }
}
