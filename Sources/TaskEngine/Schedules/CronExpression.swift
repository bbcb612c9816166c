/// A cron expression of five fields: minute, hour, day of the month, month, day of the week.
///
/// Lists, ranges, steps and English names as in cron(8), and `@hourly`, `@daily` (`@midnight`), `@weekly`, `@monthly`,
/// `@yearly` (`@annually`). When both the day of the month and the day of the week are restricted, a day that fits either
/// will do; a field is restricted unless it is `*`, `?` or `*/1`. Knows nothing of zones: it is a set of minutes by the
/// clock on the wall.
package struct CronExpression: Sendable, Equatable {
    /// Longer texts are refused unread.
    package static let longest = 512

    /// As it was written, without what stood around it.
    package let text: String
    let minutes: CronSet
    let hours: CronSet
    let days: CronSet
    let months: CronSet
    /// 0 is Sunday … 6.
    let weekdays: CronSet
    let anyDay: Bool
    let anyWeekday: Bool

    /// Reads an expression. Costs no more than its length, whatever it says.
    /// - Throws: ``CronError`` for a text that is none, and for one that no minute ever fits.
    package init(_ text: String) throws(CronError) {
        guard text.utf8.count <= Self.longest else { throw CronError("must have at most \(Self.longest) characters") }
        let trimmed = text.split(whereSeparator: Self.isBlank).joined(separator: " ")
        let fields = try Self.fields(of: trimmed.lowercased())
        let parsed = try zip(fields, CronField.allCases).map { (field, kind) throws(CronError) in try CronFieldParser(kind).parse(field) }
        self.text = trimmed
        minutes = parsed[0].set
        hours = parsed[1].set
        days = parsed[2].set
        months = parsed[3].set
        weekdays = parsed[4].set
        // One that lists every day restricts nothing beside `*/2`; beside `13` it makes every day fit, as all crons have it.
        anyDay = parsed[2].isAny || (parsed[2].set.count == 31 && fields[4].contains("*"))
        anyWeekday = parsed[4].isAny || (parsed[4].set.count == 7 && fields[2].contains("*"))
        guard canFire else { throw CronError("never comes: no such month has such a day") }
    }

    private static func fields(of text: String) throws(CronError) -> [Substring] {
        let fields = (text.hasPrefix("@") ? try expand(text) : text).split(separator: " ")
        if fields.count == 5 { return fields }
        throw CronError(
            fields.count == 6
                ? "has six fields: there are no seconds here, the five are minute, hour, day of the month, month and day of the week"
                : "must have five fields: minute, hour, day of the month, month and day of the week")
    }

    private static func expand(_ nickname: String) throws(CronError) -> String {
        switch nickname {
        case "@hourly": return "0 * * * *"
        case "@daily", "@midnight": return "0 0 * * *"
        case "@weekly": return "0 0 * * 0"
        case "@monthly": return "0 0 1 * *"
        case "@yearly", "@annually": return "0 0 1 1 *"
        default: throw CronError("must be five fields, or @hourly, @daily, @weekly, @monthly or @yearly")
        }
    }

    private static func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }

    /// 29 February comes now and then, 30 February never. A day of the week comes in every month.
    private var canFire: Bool {
        if !anyWeekday { return true }
        return months.numbers.contains { month in days.first <= (month == 2 ? 29 : CivilDate.length(ofMonth: month, year: 2001)) }
    }
}
