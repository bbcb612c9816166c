import JSONText

extension ObjectReader {
    /// A text that must be there.
    /// - Parameters:
    ///   - maxLength: Longest text, in Unicode scalars.
    ///   - allowEmpty: Whether `""` is a value.
    package mutating func requiredString(_ key: String, maxLength: Int = 1000, allowEmpty: Bool = false) -> String {
        guard requiredValue(key) != nil else { return "" }
        return optionalString(key, maxLength: maxLength, allowEmpty: allowEmpty) ?? ""
    }

    /// A text; nil if it is absent or `null`. See ``requiredString(_:maxLength:allowEmpty:)``.
    package mutating func optionalString(_ key: String, maxLength: Int = 1000, allowEmpty: Bool = false) -> String? {
        guard let value = value(key) else { return nil }
        guard let text = value.string else {
            problem(key, "must be a string")
            return nil
        }
        if text.isEmpty, !allowEmpty { problem(key, "must not be empty") }
        if text.utf8.count > maxLength, text.unicodeScalars.count > maxLength { problem(key, "must have at most \(maxLength) characters") }
        return text
    }

    /// One of the given texts; nil if it is absent or `null`.
    package mutating func optionalString(_ key: String, oneOf choices: [String]) -> String? {
        guard let value = value(key) else { return nil }
        guard let text = value.string, choices.contains(text) else {
            problem(key, "must be one of \(choices.joined(separator: ", "))")
            return nil
        }
        return text
    }

    /// A list of texts; nil if it is absent or `null`.
    package mutating func optionalStrings(_ key: String, maxCount: Int, maxLength: Int) -> [String]? {
        guard let value = value(key) else { return nil }
        guard value.kind == .array else {
            problem(key, "must be an array of strings")
            return nil
        }
        let texts = value.elements.map(\.string)
        if texts.count > maxCount { problem(key, "must have at most \(maxCount) elements") }
        if texts.contains(where: { $0.map { $0.isEmpty || $0.unicodeScalars.count > maxLength } ?? true }) {
            problem(key, "must hold strings of 1 to \(maxLength) characters")
        }
        return texts.compactMap(\.self)
    }

    /// An integer that must be there, written without fraction and exponent.
    package mutating func requiredInt(_ key: String, in range: ClosedRange<Int64>) -> Int64 {
        guard requiredValue(key) != nil else { return range.lowerBound }
        return optionalInt(key, in: range) ?? range.lowerBound
    }

    /// An integer; nil if it is absent or `null`.
    package mutating func optionalInt(_ key: String, in range: ClosedRange<Int64>) -> Int64? {
        guard let value = value(key) else { return nil }
        guard let number = value.int64, range.contains(number) else {
            problem(
                key, value.kind == .number ? "must be an integer from \(range.lowerBound) to \(range.upperBound)" : "must be an integer")
            return nil
        }
        return number
    }

    /// A number; nil if it is absent or `null`.
    package mutating func optionalDouble(_ key: String, in range: ClosedRange<Double>) -> Double? {
        guard let value = value(key) else { return nil }
        guard let number = value.double, range.contains(number) else {
            problem(key, "must be a number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    /// `true` or `false`; nil if it is absent or `null`.
    package mutating func optionalBool(_ key: String) -> Bool? {
        guard let value = value(key) else { return nil }
        guard let bool = value.bool else {
            problem(key, "must be true or false")
            return nil
        }
        return bool
    }

    /// A time in RFC 3339 as microseconds since 1970 UTC; nil if it is absent or `null`.
    package mutating func optionalTime(_ key: String) -> Int64? {
        guard let value = value(key) else { return nil }
        guard let time = value.string.flatMap(Timestamp.parse) else {
            problem(key, "must be a time as in 2026-01-02T03:04:05Z")
            return nil
        }
        return time
    }

    /// Any value as the client wrote it; nil if it is absent. A `null` is the text `null`, unlike for other fields.
    /// - Parameter maxBytes: Longest text.
    package mutating func raw(_ key: String, maxBytes: Int = BodyLimit.taskInputBytes) -> String? {
        guard let value = value(key) ?? nullValue(key) else { return nil }
        if value.rawBytes.count > maxBytes {
            problem(key, "must have at most \(maxBytes) bytes")
            return nil
        }
        return value.rawText
    }

    /// An object as the client wrote it; nil if it is absent or `null`.
    package mutating func rawObject(_ key: String, maxBytes: Int = BodyLimit.taskInputBytes) -> String? {
        guard let value = value(key) else { return nil }
        guard value.kind == .object else {
            problem(key, "must be an object")
            return nil
        }
        return raw(key, maxBytes: maxBytes)
    }

    /// Reads an object inside this one; nil if it is absent or `null`. Its problems and unknown fields become this reader's.
    package mutating func object<Result>(_ key: String, _ read: (inout ObjectReader) -> Result) -> Result? {
        guard let value = value(key) else { return nil }
        var inner = ObjectReader(value, pointer: pointer(to: key))
        let result = read(&inner)
        adopt(inner)
        return result
    }

    /// Reads an array of objects; nil if it is absent or `null`. Problems and unknown fields of the elements become this reader's.
    package mutating func objects<Result>(_ key: String, maxCount: Int, _ read: (inout ObjectReader) -> Result) -> [Result]? {
        guard let value = value(key) else { return nil }
        let elements = value.elements
        guard value.kind == .array, elements.count <= maxCount else {
            problem(key, value.kind == .array ? "must have at most \(maxCount) elements" : "must be an array of objects")
            return nil
        }
        let base = pointer(to: key)
        return elements.enumerated().map { index, element in
            var inner = ObjectReader(element, pointer: "\(base)/\(index)")
            let result = read(&inner)
            adopt(inner)
            return result
        }
    }
}
