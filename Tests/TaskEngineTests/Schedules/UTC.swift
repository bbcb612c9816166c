import Foundation

/// A minute as tests write it: `2026-07-01T12:00`, in UTC.
struct UTC: CustomStringConvertible {
    let microseconds: Int64

    init(_ microseconds: Int64) {
        self.microseconds = microseconds
    }

    init(_ text: String) {
        let date = try? Date.ISO8601FormatStyle().parse(text + ":00Z")
        microseconds = Int64(date?.timeIntervalSince1970 ?? 0) * 1_000_000
    }

    /// Seconds are shown where there are some.
    var description: String {
        let text = Date(timeIntervalSince1970: Double(microseconds / 1_000_000)).formatted(.iso8601).dropLast()
        return String(text.hasSuffix(":00") ? text.dropLast(3) : text)
    }
}
