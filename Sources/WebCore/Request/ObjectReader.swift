package import JSONText

/// Reads the fields of a JSON object one by one and remembers everything that is wrong with them, so that one answer names it all.
///
/// ```swift
/// var fields = ObjectReader(try await request.json(context: context))
/// let type = fields.requiredString("type", maxLength: 200)
/// let priority = fields.optionalInt("priority", in: 0...9) ?? 5
/// let input = fields.raw("input") ?? "{}"
/// try fields.finish()
/// ```
/// A required field that is missing or wrong reads as an empty value, which nobody sees because ``finish()`` throws. A `null` counts as absent.
package struct ObjectReader {
    /// Most problems that one answer lists.
    static let maxProblems = 100

    /// Where the object stands in the body, as a JSON pointer; `""` for the body itself.
    package let pointer: String
    /// What is wrong so far. Does not include unknown fields before ``finish()``.
    package private(set) var problems: [FieldProblem] = []

    private let members: [(key: String, value: JSONValue)]
    private var isRead: [Bool]

    /// Starts reading. A value that is no object is itself a problem.
    package init(_ value: JSONValue, pointer: String = "") {
        self.pointer = pointer
        members = value.members
        isRead = Array(repeating: false, count: members.count)
        if value.kind != .object { problems.append(FieldProblem(pointer: pointer, detail: "must be an object")) }
    }

    /// The value of a field, marked as known; nil if it is absent or `null`.
    package mutating func value(_ key: String) -> JSONValue? {
        guard let index = members.firstIndex(where: { $0.key == key }) else { return nil }
        isRead[index] = true
        let value = members[index].value
        return value.isNull ? nil : value
    }

    /// The value of a field that was sent as `null`, marked as known; nil if it is absent or anything else.
    package mutating func nullValue(_ key: String) -> JSONValue? {
        guard let index = members.firstIndex(where: { $0.key == key }), members[index].value.isNull else { return nil }
        isRead[index] = true
        return members[index].value
    }

    /// The value of a field; a problem if it is absent or `null`.
    package mutating func requiredValue(_ key: String) -> JSONValue? {
        let value = value(key)
        if value == nil { problem(key, "is required") }
        return value
    }

    /// Adds a problem with a field, for what only the caller can judge.
    /// - Parameter key: nil for the object as a whole.
    package mutating func problem(_ key: String?, _ detail: String) {
        add(FieldProblem(pointer: key.map(self.pointer(to:)) ?? pointer, detail: detail))
    }

    /// Takes over the problems of a reader of something inside this object.
    package mutating func adopt(_ inner: ObjectReader) {
        for problem in inner.problemsWithUnknownFields() { add(problem) }
    }

    /// The JSON pointer of a field.
    package func pointer(to key: String) -> String {
        "\(pointer)/\(JSONPointer.escape(key))"
    }

    /// Ends reading.
    /// - Throws: ``Problem`` with code `invalid_fields` that lists every problem, fields that nobody asked for among them.
    package func finish() throws(Problem) {
        let all = problemsWithUnknownFields()
        if !all.isEmpty { throw Problem(.invalidFields, errors: all) }
    }

    /// Fields that nobody asked for, in order: where they are kept instead of refused.
    package var unknownMembers: [(key: String, value: JSONValue)] {
        zip(members, isRead).filter { !$0.1 }.map(\.0)
    }

    private func problemsWithUnknownFields() -> [FieldProblem] {
        var all = problems
        for member in unknownMembers.prefix(Self.maxProblems - all.count) {
            all.append(FieldProblem(pointer: pointer(to: JSONPointer.shortened(member.key)), detail: "is not a known field"))
        }
        return all
    }

    private mutating func add(_ problem: FieldProblem) {
        if problems.count < Self.maxProblems { problems.append(problem) }
    }
}
