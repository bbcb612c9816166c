import TaskEngine
import Testing

/// Worked out by hand from the zones' published rules.
@Suite("Schedules and the clocks of zones", .timeLimit(.minutes(1)))
struct ScheduleZoneTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let zone: String
        let cron: String
        let after: String
        let times: [String]
        var testDescription: String { "\(cron) in \(zone) after \(after)" }

        init(_ zone: String, _ cron: String, after: String, _ times: String...) {
            self.zone = zone
            self.cron = cron
            self.after = after
            self.times = times
        }
    }

    static let cases: [Case] = [
        // On 29 March 2026 at 01:00 UTC clocks go from 02:00 to 03:00; on 25 October at 01:00 UTC back from 03:00 to 02:00.
        Case("Europe/Berlin", "30 9 * * *", after: "2026-01-15T00:00", "2026-01-15T08:30"),
        Case("Europe/Berlin", "30 9 * * *", after: "2026-07-15T00:00", "2026-07-15T07:30"),
        Case("Europe/Berlin", "30 2 * * *", after: "2026-03-27T12:00", "2026-03-28T01:30", "2026-03-29T01:00", "2026-03-30T00:30"),
        Case("Europe/Berlin", "*/15 2 * * *", after: "2026-03-28T12:00", "2026-03-29T01:00", "2026-03-30T00:00", "2026-03-30T00:15"),
        Case("Europe/Berlin", "0 * * * *", after: "2026-03-28T23:30", "2026-03-29T00:00", "2026-03-29T01:00", "2026-03-29T02:00"),
        Case("Europe/Berlin", "*/20 * * * *", after: "2026-03-29T00:30", "2026-03-29T00:40", "2026-03-29T01:00", "2026-03-29T01:20"),
        Case("Europe/Berlin", "30 2 * * *", after: "2026-10-23T12:00", "2026-10-24T00:30", "2026-10-25T00:30", "2026-10-26T01:30"),
        Case("Europe/Berlin", "30 2 * * *", after: "2026-10-25T00:30", "2026-10-26T01:30"),
        Case("Europe/Berlin", "30 2 * * *", after: "2026-10-25T01:15", "2026-10-26T01:30"),
        Case("Europe/Berlin", "0 * * * *", after: "2026-10-24T23:30", "2026-10-25T00:00", "2026-10-25T02:00", "2026-10-25T03:00"),
        Case("Europe/Berlin", "* * * * *", after: "2026-10-25T00:58", "2026-10-25T00:59", "2026-10-25T02:00"),
        // Clocks go on at 07:00 UTC on 8 March 2026 and back at 06:00 UTC on 1 November.
        Case("America/New_York", "30 2 * * *", after: "2026-03-07T12:00", "2026-03-08T07:00", "2026-03-09T06:30"),
        Case("America/New_York", "30 1 * * *", after: "2026-10-31T12:00", "2026-11-01T05:30", "2026-11-02T06:30"),
        Case("America/New_York", "0 2 * * 0", after: "2026-03-02T00:00", "2026-03-08T07:00", "2026-03-15T06:00"),
        Case("US/Eastern", "0 0 * * *", after: "2026-01-01T12:00", "2026-01-02T05:00"),
        // By half an hour: back from 02:00 to 01:30 at 15:00 UTC on 4 April 2026, on from 02:00 to 02:30 at 15:30 UTC on 3 October.
        Case("Australia/Lord_Howe", "45 1 * * *", after: "2026-04-04T00:00", "2026-04-04T14:45", "2026-04-05T15:15"),
        Case("Australia/Lord_Howe", "*/10 1 * * *", after: "2026-04-04T14:45", "2026-04-04T14:50", "2026-04-05T14:30"),
        Case("Australia/Lord_Howe", "15 2 * * *", after: "2026-10-03T00:00", "2026-10-03T15:30", "2026-10-04T15:15"),
        Case("Australia/Lord_Howe", "30 2 * * *", after: "2026-10-03T00:00", "2026-10-03T15:30", "2026-10-04T15:30"),
        // 5:45 ahead, and 5:30 until the first quarter of an hour of 1986 was left out.
        Case("Asia/Kathmandu", "0 0 * * *", after: "2026-01-01T00:00", "2026-01-01T18:15", "2026-01-02T18:15"),
        Case("Asia/Kathmandu", "5 0 * * *", after: "1985-12-31T00:00", "1985-12-31T18:30", "1986-01-01T18:20"),
        // 30 December 2011 did not take place.
        Case("Pacific/Apia", "0 12 * * *", after: "2011-12-29T12:00", "2011-12-29T22:00", "2011-12-30T10:00", "2011-12-30T22:00"),
        Case("Pacific/Apia", "0 0 30 12 *", after: "2011-12-01T00:00", "2011-12-30T10:00", "2012-12-29T10:00"),
        Case("Pacific/Apia", "0 * 30 12 *", after: "2011-12-01T00:00", "2011-12-30T10:00", "2012-12-29T10:00"),
        Case("Etc/GMT+5", "0 12 * * *", after: "2026-01-01T00:00", "2026-01-01T17:00"),
        Case("Africa/Cairo", "30 0 * * *", after: "2026-04-23T00:00", "2026-04-23T22:00", "2026-04-24T21:30"),
    ]

    @Test("what clocks leave out comes once after it, what they show twice comes the first time", arguments: cases)
    func table(_ test: Case) throws {
        let zone = try #require(ScheduleZone(test.zone))
        let timing = try ScheduleTiming.cron(CronExpression(test.cron), zone)
        let times = timing.next(test.times.count, after: UTC(test.after).microseconds)
        #expect(times.map { "\(UTC($0))" } == test.times)
    }

    @Test("the last due time up to a moment is the one that walking there finds", arguments: cases)
    func latest(_ test: Case) throws {
        let timing = try ScheduleTiming.cron(CronExpression(test.cron), #require(ScheduleZone(test.zone)))
        let first = try #require(timing.next(after: UTC(test.after).microseconds))
        let walked = timing.next(40, after: first - 1)
        for (index, time) in walked.enumerated() {
            #expect(timing.latest(from: first, through: time) == time)
            #expect(timing.latest(from: first, through: time + 1) == time)
            if index > 0 { #expect(timing.latest(from: first, through: time - 1) == walked[index - 1]) }
        }
    }

    @Test(
        "a name that IANA does not have is none",
        arguments: [
            "", "PST", "GMT+3", "UTC+3", "+01:00", "Mars/Phobos", "europe/berlin", "../etc/passwd", "local", "Europe/", "Europe/Berlin ",
        ])
    func unknown(_ name: String) {
        #expect(ScheduleZone(name) == nil)
    }

    @Test("an interval is counted from its anchor, whatever the time of the day")
    func interval() throws {
        let timing = ScheduleTiming.interval(milliseconds: 90_000, anchor: 5_000_000)
        #expect(timing.next(3, after: 5_000_000) == [95_000_000, 185_000_000, 275_000_000])
        #expect(timing.next(after: 94_999_999) == 95_000_000)
        #expect(timing.next(after: 95_000_000) == 185_000_000)
        #expect(timing.next(after: -1_000_000_000) == 95_000_000)
        #expect(timing.latest(from: 95_000_000, through: 5_000_000 + 90_000_000 * 1_000_000 + 7) == 5_000_000 + 90_000_000 * 1_000_000)
        #expect(timing.latest(from: 95_000_000, through: 184_999_999) == 95_000_000)
        #expect(timing.latest(from: 95_000_000, through: 185_000_000) == 185_000_000)
        #expect(timing.latest(from: 95_000_000, through: 50_000_000) == 95_000_000)
    }
}
