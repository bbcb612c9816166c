import TaskEngine
import Testing

@Suite("What becomes of a due time", .timeLimit(.minutes(1)))
struct ScheduleDecisionTests {
    private static let minute: Int64 = 60_000_000
    /// Due at every whole minute.
    private static let timing = ScheduleTiming.interval(milliseconds: 60_000, anchor: 0)

    private func decide(
        late seconds: Double, overlap: ScheduleOverlap = .skip, catchUp: ScheduleCatchUp = .latest, isBusy: Bool = false,
        isWaiting: Bool = false
    ) -> ScheduleDecision {
        ScheduleDecision(
            due: 10 * Self.minute, timing: Self.timing, overlap: overlap, catchUp: catchUp, isBusy: isBusy, isWaiting: isWaiting,
            now: 10 * Self.minute + Int64(seconds * 1_000_000))
    }

    @Test("in time it starts", arguments: ScheduleOverlap.allCases, ScheduleCatchUp.allCases)
    func inTime(_ overlap: ScheduleOverlap, _ catchUp: ScheduleCatchUp) {
        for late in [0, 0.000_001, 10] {
            let decision = decide(late: late, overlap: overlap, catchUp: catchUp)
            #expect(decision == decide(late: 0, overlap: overlap, catchUp: catchUp))
            #expect(decision.action == .start && decision.due == 10 * Self.minute && decision.next == 11 * Self.minute)
        }
    }

    @Test("while the last one is unfinished, overlap decides")
    func overlap() {
        #expect(decide(late: 1, overlap: .skip, isBusy: true).action == .skip(.overlap))
        #expect(decide(late: 1, overlap: .queueOne, isBusy: true).action == .wait)
        #expect(decide(late: 1, overlap: .queueOne, isBusy: true, isWaiting: true).action == .skip(.overlap))
        #expect(decide(late: 1, overlap: .allow, isBusy: true).action == .start)
        // It has ended, but the one that waits comes first.
        #expect(decide(late: 1, overlap: .queueOne, isBusy: false, isWaiting: true).action == .skip(.overlap))
    }

    @Test("what was missed is gone, or its latest fires")
    func missed() {
        let gone = decide(late: 200, catchUp: .none)
        #expect(gone.action == .skip(.missed) && gone.due == 10 * Self.minute && gone.next == 14 * Self.minute)
        let latest = decide(late: 200, catchUp: .latest)
        #expect(latest.action == .start && latest.due == 13 * Self.minute && latest.next == 14 * Self.minute)
        #expect(decide(late: 200, overlap: .skip, catchUp: .latest, isBusy: true).action == .skip(.overlap))
    }

    @Test("one that is due just now stands for those that were missed")
    func missedAndDue() {
        let decision = decide(late: 185, catchUp: .latest)
        #expect(decision.action == .skip(.missed) && decision.due == 10 * Self.minute && decision.next == 13 * Self.minute)
        #expect(decide(late: 185, catchUp: .none) == decision)
    }

    @Test("a year of missed seconds costs as much as one", arguments: ScheduleCatchUp.allCases)
    func longAbsence(_ catchUp: ScheduleCatchUp) {
        let year: Int64 = 365 * 86_400 * 1_000_000
        let decision = ScheduleDecision(
            due: 1_000_000, timing: .interval(milliseconds: 1000, anchor: 0), overlap: .skip, catchUp: catchUp, isBusy: false,
            isWaiting: false, now: year)
        // Those of the last ten seconds still fire, one by one.
        #expect(decision.action == .skip(.missed) && decision.next == year - 10_000_000)
    }
}
