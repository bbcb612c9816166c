/// The next minute on the wall's clock. Minutes are counted from 1970, without any zone.
extension CronExpression {
    /// The longest that a leap day is waited for is eight years.
    private static let mostMonths = 12 * 9

    /// The first minute at or after `start` that fits. Goes by months and sets, never minute by minute.
    func nextMinute(from start: Int64) -> Int64? {
        let day = start.flooredQuotient(1440)
        if let found = minuteOfDay(from: Int(start - day * 1440)), fits(day: day) { return day * 1440 + Int64(found) }
        guard let next = nextDay(from: day + 1) else { return nil }
        return next * 1440 + Int64(hours.first * 60 + minutes.first)
    }

    private func minuteOfDay(from start: Int) -> Int? {
        let (hour, minute) = start.quotientAndRemainder(dividingBy: 60)
        if hours.contains(hour), let found = minutes.next(from: minute) { return hour * 60 + found }
        return hours.next(from: hour + 1).map { $0 * 60 + minutes.first }
    }

    private func fits(day: Int64) -> Bool {
        let date = CivilDate(days: day)
        return months.contains(date.month) && daysThatFit(month: date.month, year: date.year).contains(date.day)
    }

    private func nextDay(from day: Int64) -> Int64? {
        var date = CivilDate(days: day)
        for _ in 0..<Self.mostMonths {
            if months.contains(date.month), let found = daysThatFit(month: date.month, year: date.year).next(from: date.day) {
                return CivilDate(year: date.year, month: date.month, day: found).days
            }
            date = CivilDate(year: date.month == 12 ? date.year + 1 : date.year, month: date.month % 12 + 1, day: 1)
        }
        return nil
    }

    private func daysThatFit(month: Int, year: Int) -> CronSet {
        let length = CivilDate.length(ofMonth: month, year: year)
        let inMonth: UInt64 = (1 << UInt64(length + 1)) - 2
        let byWeekday = daysByWeekday(firstIs: CivilDate.weekday(ofDay: CivilDate(year: year, month: month, day: 1).days))
        let both = !anyDay && !anyWeekday ? days.bits | byWeekday : days.bits & byWeekday
        return CronSet(bits: both & inMonth)
    }

    /// Bits of the days 1 … 31 that fall on one of the weekdays.
    private func daysByWeekday(firstIs first: Int) -> UInt64 {
        // The week turned so that bit 0 is the weekday of the first, five times over.
        let week = ((weekdays.bits >> UInt64(first)) | (weekdays.bits << UInt64(7 - first))) & 0x7F
        return (week | week << 7 | week << 14 | week << 21 | week << 28) << 1
    }
}
