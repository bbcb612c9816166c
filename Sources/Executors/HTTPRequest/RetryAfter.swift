/// The header `Retry-After` (RFC 9110 section 10.2.3): whole seconds or a date.
enum RetryAfter {
    /// Nobody is made to wait longer by somebody else's server.
    static let longest: Int64 = 3600
    /// A server that says 0 is not asked again at once.
    static let shortest: Int64 = 1

    /// The delay that a value asks for, within bounds; nil when it says nothing that can be read.
    /// - Parameter now: seconds since 1970.
    static func delay(_ value: String, now: Int64) -> Duration? {
        let text = value.trimming()
        guard let seconds = seconds(text) ?? date(text).map({ $0 - now }) else { return nil }
        return .seconds(min(max(seconds, shortest), longest))
    }

    private static func seconds(_ text: String) -> Int64? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return Int64(text) ?? Int64.max
    }

    /// The three forms of RFC 9110 section 5.6.7, of which only the first is still sent:
    /// `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT`, `Sun Nov  6 08:49:37 1994`.
    private static func date(_ text: String) -> Int64? {
        let words = text.split { " ,-".contains($0) }.map(String.init)
        if words.count == 6, words[5] == "GMT" { return time(day: words[1], month: words[2], year: words[3], clock: words[4]) }
        if words.count == 5 { return time(day: words[2], month: words[1], year: words[4], clock: words[3]) }
        return nil
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    private static func time(day: String, month: String, year: String, clock: String) -> Int64? {
        let parts = clock.split(separator: ":", omittingEmptySubsequences: false).compactMap { Int64($0) }
        guard let day = Int64(day), (1...31).contains(day), let month = months.firstIndex(of: month), var year = Int64(year),
            (0...9999).contains(year), parts.count == 3, (0...23).contains(parts[0]), (0...59).contains(parts[1]),
            (0...60).contains(parts[2])
        else { return nil }
        // RFC 850 dates have two digits; the year 2000 is as good as over for them.
        if year < 100 { year += year < 70 ? 2000 : 1900 }
        return days(year: year, month: Int64(month) + 1, day: day) * 86400 + parts[0] * 3600 + parts[1] * 60 + parts[2]
    }

    /// Days since 1970-01-01 in the Gregorian calendar, by counting years from March.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}

extension String {
    /// Without blanks and tabs at both ends.
    func trimming() -> String {
        let isBlank: (Character) -> Bool = { $0 == " " || $0 == "\t" }
        return String(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }
}
