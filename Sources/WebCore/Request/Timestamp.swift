/// Times as text: RFC 3339 on one side, microseconds since 1970 UTC on the other.
package enum Timestamp {
    /// Writes `2026-01-02T03:04:05.000006Z`: always UTC, always six digits, so that texts sort as times do.
    /// - Parameter microseconds: From year 0 to 9999; times outside are written as the nearest of these.
    package static func format(_ microseconds: Int64) -> String {
        let time = min(max(microseconds, earliest), latest)
        let (days, dayMicroseconds) = floorDivide(time, 86_400_000_000)
        let (year, month, day) = Calendar.date(days: days)
        let (seconds, fraction) = dayMicroseconds.quotientAndRemainder(dividingBy: 1_000_000)
        return String(unsafeUninitializedCapacity: 27) { text in
            var writer = DigitWriter(text: text)
            writer.write(year, digits: 4, then: "-")
            writer.write(month, digits: 2, then: "-")
            writer.write(day, digits: 2, then: "T")
            writer.write(seconds / 3600, digits: 2, then: ":")
            writer.write(seconds / 60 % 60, digits: 2, then: ":")
            writer.write(seconds % 60, digits: 2, then: ".")
            writer.write(fraction, digits: 6, then: "Z")
            return 27
        }
    }

    /// Reads a time of RFC 3339, with `Z` or an offset, any number of fraction digits (those after the sixth are dropped) and the leap second `:60`,
    /// which is the first moment of the next minute. `t`, `z` and a space for `T` are accepted as the RFC permits.
    /// - Returns: nil if the text is anything else, such as a day that does not exist or a time without an offset.
    package static func parse(_ text: String) -> Int64? {
        var reader = DigitReader(rest: Array(text.utf8)[...])
        guard let year = reader.number(digits: 4), reader.take("-"), let month = reader.number(digits: 2), reader.take("-"),
            let day = reader.number(digits: 2), reader.take("T") || reader.take("t") || reader.take(" "),
            let hour = reader.number(digits: 2), reader.take(":"), let minute = reader.number(digits: 2), reader.take(":"),
            let second = reader.number(digits: 2), let fraction = reader.fraction(), let offset = reader.offset(), reader.rest.isEmpty
        else { return nil }
        guard (1...12).contains(month), (1...Calendar.length(month: month, year: year)).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }
        let seconds = Calendar.days(year: year, month: month, day: day) * 86400 + hour * 3600 + minute * 60 + second - offset
        return seconds * 1_000_000 + fraction
    }

    private static let earliest = Calendar.days(year: 0, month: 1, day: 1) * 86_400_000_000
    private static let latest = Calendar.days(year: 10000, month: 1, day: 1) * 86_400_000_000 - 1
}

private func floorDivide(_ value: Int64, _ divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
}

/// The proleptic Gregorian calendar. Years start in March inside, which puts the leap day at the end of the year.
private enum Calendar {
    static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = floorDivide(shifted, 400)
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }

    static func date(days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let (era, dayOfEra) = floorDivide(days + 719_468, 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    static func length(month: Int64, year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

private struct DigitWriter {
    let text: UnsafeMutableBufferPointer<UInt8>
    var position = 0

    mutating func write(_ number: Int64, digits: Int, then separator: Unicode.Scalar) {
        var rest = number
        for index in stride(from: position + digits - 1, through: position, by: -1) {
            text[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        text[position + digits] = UInt8(ascii: separator)
        position += digits + 1
    }
}

private struct DigitReader {
    var rest: ArraySlice<UInt8>

    mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: byte) else { return false }
        rest.removeFirst()
        return true
    }

    mutating func digit() -> Int64? {
        guard let byte = rest.first, byte &- UInt8(ascii: "0") < 10 else { return nil }
        rest.removeFirst()
        return Int64(byte - UInt8(ascii: "0"))
    }

    mutating func number(digits: Int) -> Int64? {
        var value: Int64 = 0
        for _ in 0..<digits {
            guard let digit = digit() else { return nil }
            value = value * 10 + digit
        }
        return value
    }

    /// Microseconds of an optional fraction, which has at least one digit if it has a point.
    mutating func fraction() -> Int64? {
        guard take(".") else { return 0 }
        var value: Int64 = 0
        var count = 0
        while let digit = digit() {
            if count < 6 { value = value * 10 + digit }
            count += 1
        }
        guard count > 0 else { return nil }
        for _ in min(count, 6)..<6 { value *= 10 }
        return value
    }

    /// Seconds east of UTC.
    mutating func offset() -> Int64? {
        if take("Z") || take("z") { return 0 }
        let sign: Int64 = take("+") ? 1 : take("-") ? -1 : 0
        guard sign != 0, let hours = number(digits: 2), take(":"), let minutes = number(digits: 2), hours < 24, minutes < 60 else {
            return nil
        }
        return sign * (hours * 3600 + minutes * 60)
    }
}
