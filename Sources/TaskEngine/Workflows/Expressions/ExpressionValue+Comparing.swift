import JSONText

extension ExpressionValue {
    /// Below 0 when this is less, 0 when both are equal, above 0 when it is greater; nil unless both are numbers or both are strings.
    /// Numbers compare by their digits, however many; strings by their Unicode scalars.
    func order(against other: ExpressionValue) -> Int? {
        switch (plain, other.plain) {
        case (.text(let left), .text(let right)):
            left.utf8.elementsEqual(right.utf8) ? 0 : left.utf8.lexicographicallyPrecedes(right.utf8) ? -1 : 1
        case (let left, let right):
            if left.kind == .number, right.kind == .number {
                DecimalNumber(left.json).order(against: DecimalNumber(right.json))
            } else {
                nil
            }
        }
    }

    /// Whether both are the same value. Values of different kinds are not; objects are equal whatever the order of their members.
    func isEqual(to other: ExpressionValue) -> Bool {
        switch (plain, other.plain) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.json(let left), .json(let right)): Self.isEqual(left, right)
        case (let left, let right): left.order(against: right) == 0
        }
    }

    /// The depth of the recursion is that of the documents, which their parser has limited.
    private static func isEqual(_ left: JSONValue, _ right: JSONValue) -> Bool {
        guard left.kind == right.kind else { return false }
        switch left.kind {
        case .array:
            let (a, b) = (left.elements, right.elements)
            return a.count == b.count && zip(a, b).allSatisfy { isEqual($0, $1) }
        case .object:
            let (a, b) = (sortedMembers(left), sortedMembers(right))
            return a.count == b.count
                && zip(a, b).allSatisfy { $0.key.utf8.elementsEqual($1.key.utf8) && isEqual($0.value, $1.value) }
        case .number: return DecimalNumber(left.rawText).order(against: DecimalNumber(right.rawText)) == 0
        case .string, .bool, .null: return ExpressionValue.json(left).isEqual(to: .json(right))
        }
    }

    private static func sortedMembers(_ value: JSONValue) -> [(key: String, value: JSONValue)] {
        value.members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }
}
