import JSONText

extension Condition {
    /// Whether the condition holds. Pure; `and` and `or` look no further than they must.
    /// - Throws: ``ExpressionError`` when a reference leads nowhere or values cannot be compared.
    package func holds(with values: ReferenceValues) throws(ExpressionError) -> Bool {
        try truth(of: root, values)
    }

    /// Null counts as false, so that the output of a skipped node does.
    private func truth(of term: ConditionTerm, _ values: ReferenceValues) throws(ExpressionError) -> Bool {
        switch try value(of: term, values) {
        case .bool(let value): return value
        case .null: return false
        case let other: throw failure(term.column, "true or false expected, this is \(other.kind.phrase); compare it with something")
        }
    }

    private func value(of term: ConditionTerm, _ values: ReferenceValues) throws(ExpressionError) -> ExpressionValue {
        switch term {
        case .all(let terms):
            for term in terms where !(try truth(of: term, values)) { return .bool(false) }
            return .bool(true)
        case .any(let terms):
            for term in terms where try truth(of: term, values) { return .bool(true) }
            return .bool(false)
        case .not(let term): return .bool(!(try truth(of: term, values)))
        case .comparison(let left, let comparison, let right, let column):
            return .bool(try compare(try value(of: left, values), comparison, try value(of: right, values), column))
        case .exists(let reference): return .bool(exists(reference, values))
        case .reference(let reference): return try lookUp(reference, values)
        case .literal(let value, _): return value
        }
    }

    private func exists(_ reference: Reference, _ values: ReferenceValues) -> Bool {
        do {
            if case .null = try values.value(of: reference) { return false }
            return true
        } catch {
            return false
        }
    }

    private func lookUp(_ reference: Reference, _ values: ReferenceValues) throws(ExpressionError) -> ExpressionValue {
        do {
            return try values.value(of: reference)
        } catch {
            throw error.error(reference, in: source)
        }
    }

    private func compare(
        _ left: ExpressionValue, _ comparison: Comparison, _ right: ExpressionValue, _ column: Int
    ) throws(ExpressionError) -> Bool {
        switch comparison {
        case .equal: return left.isEqual(to: right)
        case .notEqual: return !left.isEqual(to: right)
        case .less, .lessOrEqual, .greater, .greaterOrEqual:
            guard let order = left.order(against: right) else {
                throw failure(
                    column,
                    "'\(comparison.rawValue)' compares two numbers or two strings, not \(left.kind.phrase) with \(right.kind.phrase)")
            }
            return comparison.holds(for: order)
        }
    }

    private func failure(_ column: Int, _ message: String) -> ExpressionError {
        ExpressionError(source, column: column, message)
    }
}

extension Comparison {
    /// - Parameter order: below 0 when the left side is less, 0 when both are equal, above 0 when it is greater.
    func holds(for order: Int) -> Bool {
        switch self {
        case .equal: order == 0
        case .notEqual: order != 0
        case .less: order < 0
        case .lessOrEqual: order <= 0
        case .greater: order > 0
        case .greaterOrEqual: order >= 0
        }
    }
}
