/// One of the five fields of a cron expression.
enum CronField: Int, Sendable, CaseIterable {
    case minute, hour, day, month, weekday

    /// What may be written. Seven is Sunday, as zero is.
    var range: ClosedRange<Int> {
        switch self {
        case .minute: 0...59
        case .hour: 0...23
        case .day: 1...31
        case .month: 1...12
        case .weekday: 0...7
        }
    }

    /// What the field goes through to when no end is given: the week ends on Saturday.
    var last: Int { self == .weekday ? 6 : range.upperBound }

    /// How messages call it.
    var label: String {
        switch self {
        case .minute: "minute"
        case .hour: "hour"
        case .day: "day of the month"
        case .month: "month"
        case .weekday: "day of the week"
        }
    }

    /// The number that a name stands for; nil for what is no name of this field.
    /// - Parameter name: lower case.
    func number(of name: Substring) -> Int? {
        switch self {
        case .minute, .hour, .day: nil
        case .month: Self.months.firstIndex { $0 == name }.map { $0 + 1 }
        case .weekday: Self.weekdays.firstIndex { $0 == name }
        }
    }

    /// Whether a range may go over the end of the field: Friday to Monday, November to February.
    var goesRound: Bool { self == .month || self == .weekday }

    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
    private static let weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
}
