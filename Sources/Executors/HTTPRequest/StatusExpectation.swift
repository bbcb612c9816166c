import JSONText

/// Which answers count as success: `expect_status` of an `http.request`.
struct StatusExpectation: Sendable, Equatable {
    /// 200 … 299.
    static let success = StatusExpectation(ranges: [200...299])
    /// More entries than this are a mistake.
    static let mostEntries = 50

    private var ranges: [ClosedRange<Int>]

    private init(ranges: [ClosedRange<Int>]) {
        self.ranges = ranges
    }

    /// Reads `204`, `"2xx"`, `"200-204"`, or an array of these. Nil when the value is none of them.
    init?(_ value: JSONValue) {
        let entries = value.kind == .array ? value.elements : [value]
        guard (1...Self.mostEntries).contains(entries.count) else { return nil }
        ranges = entries.compactMap(Self.range)
        guard ranges.count == entries.count else { return nil }
    }

    func contains(_ status: Int) -> Bool {
        ranges.contains { $0.contains(status) }
    }

    private static func range(_ entry: JSONValue) -> ClosedRange<Int>? {
        if let status = entry.int64.flatMap({ Int(exactly: $0) }) { return single(status) }
        guard let text = entry.string, text.utf8.allSatisfy({ $0 < 0x80 }) else { return nil }
        if text.count == 3, text.dropFirst().lowercased() == "xx", let hundred = text.first?.wholeNumberValue, (1...5).contains(hundred) {
            return hundred * 100...hundred * 100 + 99
        }
        let ends = text.split(separator: "-", omittingEmptySubsequences: false).map { $0.count == 3 ? single(Int($0)) : nil }
        switch ends.count {
        case 1: return ends[0]
        case 2:
            guard let first = ends[0]?.lowerBound, let last = ends[1]?.lowerBound, first <= last else { return nil }
            return first...last
        default: return nil
        }
    }

    private static func single(_ status: Int?) -> ClosedRange<Int>? {
        status.flatMap { (100...599).contains($0) ? $0...$0 : nil }
    }
}
