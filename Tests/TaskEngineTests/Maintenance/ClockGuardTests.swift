import TaskEngine
import Testing

@Suite("A wall clock that is set forward")
struct ClockGuardTests {
    private let start = ContinuousClock.now
    private let hour: Int64 = 3_600_000_000

    /// Readings: how long the process has run, and what the clock says beyond that, both in seconds.
    private func verdicts(_ readings: [(ran: Int, ahead: Int64)]) -> [ClockGuard.Verdict] {
        var clockGuard = ClockGuard()
        return readings.map { ran, ahead in
            clockGuard.judge(1_000 * hour + (Int64(ran) + ahead) * 1_000_000, at: start + .seconds(ran))
        }
    }

    @Test("a clock that goes as it should is trusted, also after a long pause, also when it drifts")
    func ordinary() {
        let readings: [(ran: Int, ahead: Int64)] = [(0, 0), (120, 0), (240, 1), (360, 30), (100_000, 31), (100_120, 600), (100_240, 1199)]
        #expect(verdicts(readings).allSatisfy { $0 == .trusted })
    }

    @Test("a leap is not believed until it has lasted an hour")
    func leap() {
        let leap = verdicts([(0, 0), (120, 86_400), (240, 86_400), (3700, 86_400), (3720, 86_400), (3840, 86_400)])
        let ahead = ClockGuard.Verdict.ahead(.seconds(86_400))
        #expect(leap == [.trusted, ahead, ahead, ahead, .trusted, .trusted])
    }

    @Test("a leap that was mended is forgotten, and the next begins anew")
    func mended() {
        let found = verdicts([(0, 0), (120, 7200), (3000, 0), (3600, 7200), (4000, 7200), (7200, 7200)])
        let ahead = ClockGuard.Verdict.ahead(.seconds(7200))
        #expect(found == [.trusted, ahead, .trusted, ahead, ahead, .trusted])
    }

    @Test("a clock that is set back is trusted, and set right again it is a leap like any other")
    func back() {
        #expect(verdicts([(0, 0), (120, -7200), (240, 0)]) == [.trusted, .trusted, .ahead(.seconds(7200))])
    }
}
