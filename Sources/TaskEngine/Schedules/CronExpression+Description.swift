/// What an expression means, in English: "At 04:00 on Sundays".
extension CronExpression {
    /// One sentence without a full stop; a zone may be added to it.
    var description: String { times + dates }

    // MARK: - Times

    private var times: String {
        if minutes.count == 60 { return hours.count == 24 ? "Every minute" : "Every minute of " + ofHours }
        if hours.count == 24 { return everyHour }
        if minutes.count == 1, minutes.first == 0, let step = Self.step(hours, through: 23) { return "Every \(step) hours, from 00:00" }
        if minutes.count * hours.count <= 4 { return "At " + Self.list(clockTimes) }
        if let step = Self.step(minutes, through: 59) { return "Every \(step) minutes of " + ofHours }
        return "At \(atMinutes) past \(Self.noun("hour", hours.count)) " + Self.runs(hours.numbers.map { ($0, "\($0)") })
    }

    private var everyHour: String {
        if minutes.count == 1 { return minutes.first == 0 ? "Every hour" : "At \(atMinutes) past every hour" }
        if let step = Self.step(minutes, through: 59) {
            return "Every \(step) minutes" + (60 % step == 0 ? "" : ", from the start of every hour")
        }
        return "At \(atMinutes) past every hour"
    }

    private var atMinutes: String {
        "\(Self.noun("minute", minutes.count)) " + Self.runs(minutes.numbers.map { ($0, "\($0)") })
    }

    private var ofHours: String {
        "\(Self.noun("hour", hours.count)) " + Self.runs(hours.numbers.map { ($0, "\($0)") })
    }

    private var clockTimes: [String] {
        hours.numbers.flatMap { hour in minutes.numbers.map { "\(Self.twoDigits(hour)):\(Self.twoDigits($0))" } }
    }

    // MARK: - Dates

    private var dates: String {
        let restrictions = [anyDay ? nil : onDays, anyWeekday ? nil : onWeekdays].compactMap(\.self)
        let days = restrictions.joined(separator: " or ")
        // "Every hour" needs no day; a time does.
        let everyDay = isAtTimes ? " every day" : ""
        let inMonths = months.count == 12 ? "" : " in " + Self.runs(months.numbers.map { ($0, Self.monthNames[$0 - 1]) })
        return (days.isEmpty ? everyDay : " " + days) + inMonths
    }

    private var isAtTimes: Bool { times.hasPrefix("At ") && hours.count < 24 && minutes.count * hours.count <= 4 }

    private var onDays: String {
        "on \(Self.noun("day", days.count)) " + Self.runs(days.numbers.map { ($0, "\($0)") }) + " of the month"
    }

    private var onWeekdays: String {
        if weekdays.count == 7 { return "on any day of the week" }
        // The week begins on Monday here, so that Saturday and Sunday are neighbours.
        let turned = weekdays.numbers.map { $0 == 0 ? 7 : $0 }.sorted()
        return "on " + Self.runs(turned.map { ($0, Self.weekdayNames[$0 % 7] + "s") })
    }

    // MARK: - Words

    /// The step of a set that begins at 0 and goes on to the end; nil for other sets, and for those of one or all numbers.
    private static func step(_ set: CronSet, through last: Int) -> Int? {
        let numbers = set.numbers
        guard numbers.count >= 2, numbers[0] == 0, numbers[1] > 1 else { return nil }
        return Array(stride(from: 0, through: last, by: numbers[1])) == numbers ? numbers[1] : nil
    }

    /// `1, 2, 3, 7` as "1 to 3 and 7".
    private static func runs(_ numbers: [(number: Int, word: String)]) -> String {
        var words: [String] = []
        var index = 0
        while index < numbers.count {
            var end = index
            while end + 1 < numbers.count, numbers[end + 1].number == numbers[end].number + 1 { end += 1 }
            if end - index >= 2 {
                words.append("\(numbers[index].word) to \(numbers[end].word)")
            } else {
                words += numbers[index...end].map(\.word)
            }
            index = end + 1
        }
        return list(words)
    }

    private static func list(_ words: [String]) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + " and " + last
    }

    private static func noun(_ word: String, _ count: Int) -> String { count == 1 ? word : word + "s" }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

    private static let monthNames = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
    ]
    private static let weekdayNames = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
}
