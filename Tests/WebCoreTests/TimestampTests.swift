import Testing
import WebCore

@Suite("Timestamps")
struct TimestampTests {
    @Test(
        "times are written in UTC with six digits",
        arguments: [
            (0, "1970-01-01T00:00:00.000000Z"), (1_767_323_045_000_006, "2026-01-02T03:04:05.000006Z"), (-1, "1969-12-31T23:59:59.999999Z"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"), (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
            (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"), (-62_167_219_200_000_000, "0000-01-01T00:00:00.000000Z"),
            (.max, "9999-12-31T23:59:59.999999Z"), (.min, "0000-01-01T00:00:00.000000Z"),
        ] as [(Int64, String)])
    func formats(_ microseconds: Int64, expected: String) {
        #expect(Timestamp.format(microseconds) == expected)
    }

    @Test(
        "times of RFC 3339 are read",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("1985-04-12T23:20:50.52Z", 482_196_050_520_000),
            ("1996-12-19T16:39:57-08:00", 851_042_397_000_000),
            ("1990-12-31T23:59:60Z", 662_688_000_000_000), ("1990-12-31T15:59:60-08:00", 662_688_000_000_000),
            ("1937-01-01T12:00:27.87+00:20", -1_041_337_172_130_000), ("2026-01-02t03:04:05.0000069z", 1_767_323_045_000_006),
            ("2026-01-02 03:04:05.1Z", 1_767_323_045_100_000), ("2024-02-29T00:00:00Z", 1_709_164_800_000_000),
            ("0000-01-01T00:00:00Z", -62_167_219_200_000_000),
            ("2026-01-02T03:04:05.123456789012345678901234567890Z", 1_767_323_045_123_456),
        ] as [(String, Int64)])
    func parses(_ text: String, expected: Int64) {
        #expect(Timestamp.parse(text) == expected)
    }

    @Test(
        "anything else is refused",
        arguments: [
            "", "2026", "2026-01-02", "2026-01-02T03:04:05", "2026-01-02T03:04Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
            "2026-02-29T00:00:00Z",
            "2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-02T24:00:00Z", "2026-01-02T03:60:00Z",
            "2026-01-02T03:04:61Z", "2026-01-02T03:04:05.Z", "2026-01-02T03:04:05+2:00", "2026-01-02T03:04:05+24:00",
            "2026-01-02T03:04:05+02:60",
            "2026-01-02T03:04:05Z ", " 2026-01-02T03:04:05Z", "2026-1-2T03:04:05Z", "20260102T030405Z", "+2026-01-02T03:04:05Z",
            "２026-01-02T03:04:05Z",
        ])
    func refuses(_ text: String) {
        #expect(Timestamp.parse(text) == nil)
    }

    @Test("every day of 200 years survives writing and reading, and each is one day after the last")
    func roundTrip() {
        let day: Int64 = 86_400_000_000
        var previous = ""
        for number in Int64(-36_525)...36_525 {
            let time = number * day + 3_723_000_004
            let text = Timestamp.format(time)
            if Timestamp.parse(text) != time || text <= previous {
                Issue.record("\(text) after \(previous)")
                return
            }
            previous = text
        }
    }
}
