package import Hummingbird

/// Reads the query parameters of a request one by one and remembers what is wrong with them, like ``ObjectReader`` does for a body.
///
/// ```swift
/// var query = QueryReader(request)
/// let state = query.string("state", oneOf: TaskState.allCases.map(\.rawValue))
/// let page = query.page(of: "tasks")
/// try query.finish()
/// ```
/// A parameter with an empty value (`?state=`) counts as absent.
package struct QueryReader {
    /// Most parameters that a request may have.
    static let maxParameters = 100

    private var parameters: [(name: String, value: String, isRead: Bool)] = []
    private var problems: [FieldProblem] = []
    private var hasBadCursor = false

    /// Starts reading.
    package init(_ request: Request) {
        self.init(query: request.uri.query ?? "")
    }

    init(query: String) {
        for pair in query.split(separator: "&", maxSplits: Self.maxParameters) {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = PercentEncoding.decode(parts[0], plusIsSpace: true)
            let value = parts.count == 2 ? PercentEncoding.decode(parts[1], plusIsSpace: true) : ""
            if let name, let value, parameters.count < Self.maxParameters {
                parameters.append((name, value, false))
            } else {
                problems.append(FieldProblem(pointer: "?", detail: "has too many parameters, or one that cannot be decoded"))
            }
        }
    }

    /// A parameter that may be given once; nil if it is absent or empty.
    package mutating func string(_ name: String, maxLength: Int = 1000) -> String? {
        let values = strings(name, maxLength: maxLength)
        if values.count > 1 { problem(name, "is given more than once") }
        return values.first
    }

    /// A parameter that may be given several times, in order; `[]` if it is absent or empty.
    package mutating func strings(_ name: String, maxLength: Int = 1000) -> [String] {
        var values: [String] = []
        for index in parameters.indices where parameters[index].name == name {
            parameters[index].isRead = true
            let value = parameters[index].value
            if value.unicodeScalars.count > maxLength { problem(name, "must have at most \(maxLength) characters") }
            if !value.isEmpty { values.append(value) }
        }
        return values
    }

    /// Parameters whose names begin with `prefix` and go on after it, such as `metadata.team`, each given once; names without it.
    package mutating func strings(prefix: String, maxLength: Int = 1000) -> [(name: String, value: String)] {
        var seen: Set<[UInt8]> = []
        var values: [(name: String, value: String)] = []
        for index in parameters.indices where parameters[index].name.hasPrefix(prefix) && parameters[index].name != prefix {
            parameters[index].isRead = true
            let (name, value, _) = parameters[index]
            let shown = JSONPointer.shortened(name)
            if !seen.insert(Array(name.utf8)).inserted { problem(shown, "is given more than once") }
            if value.unicodeScalars.count > maxLength { problem(shown, "must have at most \(maxLength) characters") }
            if !value.isEmpty { values.append((String(name.dropFirst(prefix.count)), value)) }
        }
        return values
    }

    /// One of the given texts; nil if it is absent.
    package mutating func string(_ name: String, oneOf choices: [String]) -> String? {
        guard let value = string(name) else { return nil }
        if choices.contains(value) { return value }
        problem(name, "must be one of \(choices.joined(separator: ", "))")
        return nil
    }

    /// An integer; nil if it is absent.
    package mutating func int(_ name: String, in range: ClosedRange<Int64>) -> Int64? {
        guard let value = string(name) else { return nil }
        if let number = Int64(value), range.contains(number) { return number }
        problem(name, "must be an integer from \(range.lowerBound) to \(range.upperBound)")
        return nil
    }

    /// `true` or `false`; nil if it is absent.
    package mutating func bool(_ name: String) -> Bool? {
        string(name, oneOf: ["true", "false"]).map { $0 == "true" }
    }

    /// A time in RFC 3339 as microseconds since 1970 UTC; nil if it is absent.
    package mutating func time(_ name: String) -> Int64? {
        guard let value = string(name) else { return nil }
        // An unescaped plus sign of an offset arrives as a space.
        if let time = Timestamp.parse(value) ?? Timestamp.parse(Self.restoringPlus(value)) { return time }
        problem(name, "must be a time as in 2026-01-02T03:04:05Z")
        return nil
    }

    /// The parameters of a list: `limit` and `cursor`.
    /// - Parameters:
    ///   - list: Name of the list, the same that its ``Page`` gets.
    ///   - keys: Kinds of the keys of the list's order.
    package mutating func page(of list: String, keys: [CursorKeyKind] = [.int]) -> PageRequest {
        let limit = int("limit", in: 1...Int64(PageRequest.maxLimit)).map(Int.init) ?? PageRequest.defaultLimit
        guard let text = string("cursor", maxLength: Cursor.maxLength) else { return PageRequest(list: list, limit: limit, cursor: nil) }
        let cursor = Cursor(text, list: list, kinds: keys)
        if cursor == nil {
            hasBadCursor = true
            problem("cursor", "is not a cursor of this list")
        }
        return PageRequest(list: list, limit: limit, cursor: cursor)
    }

    /// Adds a problem with a parameter, for what only the caller can judge.
    package mutating func problem(_ name: String, _ detail: String) {
        problems.append(FieldProblem(pointer: "?\(name)", detail: detail))
    }

    /// Ends reading.
    /// - Throws: ``Problem`` with code `invalid_query` that lists every problem, parameters that nobody asked for among them; `invalid_cursor` if
    ///   the cursor alone is wrong.
    package func finish() throws(Problem) {
        var all = problems
        for parameter in parameters where !parameter.isRead {
            all.append(FieldProblem(pointer: "?\(JSONPointer.shortened(parameter.name))", detail: "is not a known parameter"))
        }
        if all.isEmpty { return }
        throw Problem(hasBadCursor && all.count == 1 ? .invalidCursor : .invalidQuery, errors: all)
    }

    private static func restoringPlus(_ text: String) -> String {
        guard let space = text.lastIndex(of: " ") else { return text }
        return text[..<space] + "+" + text[text.index(after: space)...]
    }
}
