import JSONText

extension WorkflowFields {
    /// A condition; nil if it is absent or wrong.
    mutating func condition(_ key: String) -> Condition? {
        guard let value = value(key) else { return nil }
        guard let text = value.string else {
            problem(key, "must be a string with a condition")
            return nil
        }
        do {
            return try Condition(text)
        } catch {
            problem(key, "\(error)")
            return nil
        }
    }

    /// Any value with references in its strings; nil if it is absent.
    mutating func template(_ key: String) -> Template? {
        guard let value = anyValue(key) else { return nil }
        let (template, faults) = Template.parse(value)
        for fault in faults { add(WorkflowProblem(path + [key] + fault.path, "\(fault.error)")) }
        return template
    }

    /// A list, or one reference to a list; nil if it is absent.
    mutating func list(_ key: String) -> Template? {
        guard let value = value(key) else { return nil }
        let before = problems.count
        let template = template(key)
        if problems.count == before, value.kind != .array, template?.wholeReference == nil {
            problem(key, "must be a list or one reference to a list, as in \"${params.items}\"")
        }
        if value.kind == .array, value.elements.count > WorkflowLimits.mostElements {
            problem(key, "must have at most \(WorkflowLimits.mostElements) elements")
        }
        return template
    }

    /// An object inside this one; nil if it is absent.
    /// - Parameter known: its fields, for people.
    mutating func object<Result>(_ key: String, known: String, _ read: (inout WorkflowFields) -> Result) -> Result? {
        guard let value = value(key) else { return nil }
        var inner = WorkflowFields(value, at: path + [key])
        guard value.kind == .object else {
            adopt(inner, known: known)
            return nil
        }
        let result = read(&inner)
        adopt(inner, known: known)
        return result
    }
}
