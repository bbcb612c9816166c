import TaskEngine
import Testing

@Suite("Schedules in English", .timeLimit(.minutes(1)))
struct ScheduleDescriptionTests {
    @Test(
        "an expression is said as people would say it",
        arguments: [
            ("* * * * *", "Every minute"),
            ("*/15 * * * *", "Every 15 minutes"),
            ("*/7 * * * *", "Every 7 minutes, from the start of every hour"),
            ("@hourly", "Every hour"),
            ("5 * * * *", "At minute 5 past every hour"),
            ("5,35 * * * *", "At minutes 5 and 35 past every hour"),
            ("0 4 * * *", "At 04:00 every day"),
            ("0 4,16 * * *", "At 04:00 and 16:00 every day"),
            ("30 9 * * 1-5", "At 09:30 on Mondays to Fridays"),
            ("0 0 * * 0,6", "At 00:00 on Saturdays and Sundays"),
            ("0 0 * * 5-7", "At 00:00 on Fridays to Sundays"),
            ("0 0 1 * *", "At 00:00 on day 1 of the month"),
            ("0 0 1,15 * *", "At 00:00 on days 1 and 15 of the month"),
            ("0 0 13 * fri", "At 00:00 on day 13 of the month or on Fridays"),
            ("@yearly", "At 00:00 on day 1 of the month in January"),
            ("0 12 * 6-8 *", "At 12:00 every day in June to August"),
            ("0 */6 * * *", "Every 6 hours, from 00:00"),
            ("*/10 9-17 * * 1-5", "Every 10 minutes of hours 9 to 17 on Mondays to Fridays"),
            ("* 3 * * *", "Every minute of hour 3"),
            ("5 1-12 * * *", "At minute 5 past hours 1 to 12"),
            ("0 0 * * 0-6", "At 00:00 every day"),
            ("0 0 13 * 0-6", "At 00:00 on day 13 of the month or on any day of the week"),
        ])
    func cron(_ text: String, _ sentence: String) throws {
        #expect(try ScheduleTiming.cron(CronExpression(text), .utc).description == sentence + " (UTC)")
    }

    @Test(
        "an interval is said in its largest whole unit",
        arguments: [
            (1000, "Every second"), (1500, "Every 1500 milliseconds"), (90_000, "Every 90 seconds"), (60_000, "Every minute"),
            (5_400_000, "Every 90 minutes"), (3_600_000, "Every hour"), (172_800_000, "Every 2 days"),
        ] as [(Int64, String)])
    func interval(_ milliseconds: Int64, _ sentence: String) {
        #expect(ScheduleTiming.interval(milliseconds: milliseconds, anchor: 0).description == sentence)
    }
}
