import JSONText

/// Reads the fields of one object of a definition and remembers everything that is wrong with them.
struct WorkflowFields {
    /// Most problems that one answer lists.
    static let mostProblems = 100

    let path: [String]
    private(set) var problems: [WorkflowProblem] = []
    private let members: [(key: String, value: JSONValue)]
    private var unread: Set<String>

    init(_ value: JSONValue, at path: [String]) {
        self.path = path
        members = value.members
        unread = Set(members.map(\.key))
        if value.kind != .object { problem(nil, "must be an object") }
    }

    /// The value of a field; nil if it is absent or `null`.
    mutating func value(_ key: String) -> JSONValue? {
        guard let value = anyValue(key), !value.isNull else { return nil }
        return value
    }

    /// The value of a field, `null` among them; nil if it is absent.
    mutating func anyValue(_ key: String) -> JSONValue? {
        unread.remove(key)
        return members.first { $0.key == key }?.value
    }

    mutating func problem(_ key: String?, _ detail: String) {
        add(WorkflowProblem(key.map { path + [$0] } ?? path, detail))
    }

    mutating func add(_ problem: WorkflowProblem) {
        if problems.count < Self.mostProblems { problems.append(problem) }
    }

    /// Takes over what is wrong with an object inside this one.
    mutating func adopt(_ inner: WorkflowFields, known: String) {
        var inner = inner
        for problem in inner.finish(known: known) { add(problem) }
    }

    /// Counts every field as known, where they are names of the client's own.
    mutating func readAll() {
        unread = []
    }

    /// All problems; every field that nobody asked for is one.
    /// - Parameter known: the fields there are, for people.
    mutating func finish(known: String) -> [WorkflowProblem] {
        for member in members where unread.contains(member.key) {
            problem(WorkflowCheck.shortened(member.key), "is not a known field; there are \(known)")
        }
        unread = []
        return problems
    }

    mutating func string(_ key: String, longest: Int) -> String? {
        guard let value = value(key) else { return nil }
        guard let text = value.string else {
            problem(key, "must be a string")
            return nil
        }
        if text.isEmpty { problem(key, "must not be empty") }
        if text.unicodeScalars.count > longest { problem(key, "must have at most \(longest) characters") }
        return text
    }

    mutating func requiredString(_ key: String, longest: Int) -> String {
        if value(key) == nil { problem(key, "is required") }
        return string(key, longest: longest) ?? ""
    }

    mutating func integer(_ key: String, in range: ClosedRange<Int64>) -> Int64? {
        guard let value = value(key) else { return nil }
        guard let number = value.int64, range.contains(number) else {
            problem(key, "must be an integer from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    mutating func bool(_ key: String) -> Bool? {
        guard let value = value(key) else { return nil }
        if value.bool == nil { problem(key, "must be true or false") }
        return value.bool
    }

    mutating func choice<Choice: RawRepresentable<String> & CaseIterable>(_ key: String, _: Choice.Type) -> Choice? {
        guard let value = value(key) else { return nil }
        if let choice = value.string.flatMap(Choice.init) { return choice }
        problem(key, "must be one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        return nil
    }

    /// A list of texts, each of which must be a string.
    mutating func strings(_ key: String) -> [String]? {
        value(key).flatMap { strings($0, of: key) }
    }

    /// The same for a member that is at hand.
    mutating func strings(_ value: JSONValue, of key: String) -> [String]? {
        if value.isNull { return nil }
        let texts = value.elements.compactMap(\.string)
        guard value.kind == .array, texts.count == value.elements.count else {
            problem(key, "must be a list of strings")
            return nil
        }
        return texts
    }
}
