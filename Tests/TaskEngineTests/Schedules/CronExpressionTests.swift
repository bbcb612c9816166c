import TaskEngine
import Testing

@Suite("Cron expressions", .timeLimit(.minutes(1)))
struct CronExpressionTests {
    /// Wednesday.
    private static let start = UTC("2026-07-01T12:00")

    /// From the manual of crontab(5) and POSIX, worked out with a calendar of July 2026.
    @Test(
        "what the manuals give as examples",
        arguments: [
            ("5 0 * * *", ["2026-07-02T00:05", "2026-07-03T00:05"]),
            ("15 14 1 * *", ["2026-07-01T14:15", "2026-08-01T14:15"]),
            ("0 22 * * 1-5", ["2026-07-01T22:00", "2026-07-02T22:00", "2026-07-03T22:00", "2026-07-06T22:00"]),
            ("23 0-23/2 * * *", ["2026-07-01T12:23", "2026-07-01T14:23"]),
            ("5 4 * * sun", ["2026-07-05T04:05", "2026-07-12T04:05"]),
            ("30 4 1,15 * 5", ["2026-07-03T04:30", "2026-07-10T04:30", "2026-07-15T04:30", "2026-07-17T04:30"]),
            ("0 0 1,15 * 1", ["2026-07-06T00:00", "2026-07-13T00:00", "2026-07-15T00:00"]),
            ("0 0 * * 1", ["2026-07-06T00:00", "2026-07-13T00:00"]),
            ("0 4 8-14 * *", ["2026-07-08T04:00", "2026-07-09T04:00"]),
            ("0 0 29 2 *", ["2028-02-29T00:00", "2032-02-29T00:00"]),
        ])
    func manuals(_ text: String, _ times: [String]) throws {
        #expect(try next(text, times.count) == times)
    }

    @Test(
        "every way to write a field",
        arguments: [
            ("@hourly", ["2026-07-01T13:00"]), ("@daily", ["2026-07-02T00:00"]), ("@midnight", ["2026-07-02T00:00"]),
            ("@weekly", ["2026-07-05T00:00"]), ("@monthly", ["2026-08-01T00:00"]), ("@yearly", ["2027-01-01T00:00"]),
            ("@ANNUALLY", ["2027-01-01T00:00"]), ("0 0 * * 7", ["2026-07-05T00:00"]), ("0 0 * * SUN", ["2026-07-05T00:00"]),
            ("0 0 1 Jan,aug *", ["2026-08-01T00:00", "2027-01-01T00:00"]), ("\t5  *   * * * ", ["2026-07-01T12:05"]),
            ("5-10/5,50 * * * *", ["2026-07-01T12:05", "2026-07-01T12:10", "2026-07-01T12:50"]),
            ("20/20 * * * *", ["2026-07-01T12:20", "2026-07-01T12:40", "2026-07-01T13:20"]),
            ("0 0 * * fri-mon", ["2026-07-03T00:00", "2026-07-04T00:00", "2026-07-05T00:00", "2026-07-06T00:00", "2026-07-10T00:00"]),
            ("0 0 * * 5-7", ["2026-07-03T00:00", "2026-07-04T00:00", "2026-07-05T00:00", "2026-07-10T00:00"]),
            ("0 0 1 nov-feb *", ["2026-11-01T00:00", "2026-12-01T00:00", "2027-01-01T00:00", "2027-02-01T00:00", "2027-11-01T00:00"]),
            ("0 0 ? * 3", ["2026-07-08T00:00"]), ("0 0 13 * ?", ["2026-07-13T00:00"]), ("0 0 */1 * mon", ["2026-07-06T00:00"]),
            ("0 0 */10 * mon", ["2026-07-06T00:00", "2026-07-11T00:00", "2026-07-13T00:00"]),
            ("*/70 * * * *", ["2026-07-01T13:00"]), ("08 09 * * *", ["2026-07-02T09:08"]),
        ])
    func spellings(_ text: String, _ times: [String]) throws {
        #expect(try next(text, times.count) == times)
    }

    @Test(
        "what is none is refused with the field's name",
        arguments: [
            ("60 * * * *", "minute"), ("* 24 * * *", "hour"), ("* * 0 * *", "day of the month"), ("* * 32 * *", "day of the month"),
            ("* * * 13 *", "month"), ("* * * 0 *", "month"), ("* * * * 8", "day of the week"), ("* * * * mond", "day of the week"),
            ("* * * may-x *", "month"), ("-1 * * * *", "minute"), ("+1 * * * *", "minute"), ("1.5 * * * *", "minute"),
            ("*/0 * * * *", "minute"), ("*/x * * * *", "minute"), ("*/ * * * *", "minute"), ("/5 * * * *", "minute"),
            ("1, * * * *", "minute"), (",1 * * * *", "minute"), ("1,,2 * * * *", "minute"), ("1-2-3 * * * *", "minute"),
            ("5-1 * * * *", "minute"), ("* 22-4 * * *", "hour"), ("* * L * *", "day of the month"), ("* * * * 5#2", "day of the week"),
            ("jan * * * *", "minute"), ("* * mon * *", "day of the month"), ("? * * * *", "minute"), ("٣ * * * *", "minute"),
            ("1/2/3 * * * *", "minute"), ("99999999999999999999 * * * *", "minute"), ("*/1000 * * * *", "minute"), ("** * * * *", "minute"),
            ("", "five fields"), ("* * * *", "five fields"), ("0 0 0 * * *", "six fields"), ("* * * * * * *", "five fields"),
            ("@reboot", "@hourly"), ("@", "@hourly"), ("@every 5m", "@hourly"), ("*\u{A0}* * * *", "five fields"),
            ("0\n0 * * *", "five fields"),
        ])
    func refused(_ text: String, _ word: String) {
        let error = #expect(throws: CronError.self) { try CronExpression(text) }
        #expect(error?.message.contains(word) == true, "\(error?.message ?? "")")
    }

    @Test("what never comes is refused", arguments: ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 30,31 feb ?", "* * 31 2 */1"])
    func never(_ text: String) {
        #expect(throws: CronError.self) { try CronExpression(text) }
    }

    @Test("a day of the week makes it come", arguments: ["0 0 30 2 1", "0 0 31 4 sun"])
    func orWeekday(_ text: String) throws {
        #expect(try next(text, 1).count == 1)
    }

    @Test("a text that is too long is refused unread, and the longest one is read")
    func length() throws {
        let list = (0..<60).map(String.init).joined(separator: ",")
        #expect(throws: CronError.self) { try CronExpression(String(repeating: "0,", count: 100_000) + "0 * * * *") }
        #expect(try CronExpression("\(list) \((0..<24).map(String.init).joined(separator: ",")) * * *").text.utf8.count > 200)
    }

    private func next(_ text: String, _ count: Int) throws -> [String] {
        try ScheduleTiming.cron(CronExpression(text), .utc).next(count, after: Self.start.microseconds).map { "\(UTC($0))" }
    }
}
