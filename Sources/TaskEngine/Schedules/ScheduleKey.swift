/// How a caller names a schedule: by its id or its name, which is never a number.
package enum ScheduleKey: Sendable, Equatable {
    case id(Int64)
    case name(String)

    /// Digits alone are an id.
    package init(_ text: String) {
        self = Self.isNumber(text) ? .id(Int64(text) ?? 0) : .name(text)
    }

    /// Whether a text would be taken for an id, and is therefore no name.
    package static func isNumber(_ text: String) -> Bool {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}
