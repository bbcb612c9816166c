import Executors
import TaskEngine
import Testing

@Suite("How a handler in a child is stopped")
struct StopLadderTests {
    private let start = ContinuousClock.now

    private func ladder(soft: Duration = .seconds(55), hard: Duration = .seconds(60)) -> StopLadder {
        StopLadder(softDeadline: start + soft, hardDeadline: start + hard)
    }

    @Test("nothing is done before it is asked to end, and the hard limit kills at once")
    func hardLimit() {
        var ladder = ladder()
        #expect(ladder.climb(nil, at: start + .seconds(59)) == [])
        #expect(ladder.climb(nil, at: start + .seconds(60)) == [.cancel, .terminate, .kill])
        #expect(ladder.climb(nil, at: start + .seconds(61)) == [])
    }

    @Test("at the soft limit it is cancelled, shortly before the hard one its group is told to end, at the hard one it is killed")
    func softLimit() {
        var ladder = ladder()
        #expect(ladder.climb(.softLimit, at: start + .seconds(45)) == [.cancel])
        #expect(ladder.climb(.softLimit, at: start + .seconds(57)) == [])
        #expect(ladder.climb(.softLimit, at: start + .milliseconds(57_500)) == [.terminate])
        #expect(ladder.climb(.softLimit, at: start + .seconds(59)) == [])
        #expect(ladder.climb(.softLimit, at: start + .seconds(60)) == [.kill])
    }

    @Test("a cancelled one has ten seconds, then five more")
    func cancelled() {
        var ladder = ladder(soft: .seconds(3000), hard: .seconds(3600))
        #expect(ladder.climb(.cancelled, at: start + .seconds(1)) == [.cancel])
        #expect(ladder.climb(.cancelled, at: start + .seconds(10)) == [])
        #expect(ladder.climb(.cancelled, at: start + .seconds(11)) == [.terminate])
        #expect(ladder.climb(.cancelled, at: start + .seconds(16)) == [.kill])
    }

    @Test("a cancelled one never outlives its hard limit")
    func cancelledLate() {
        var ladder = ladder(soft: .seconds(4), hard: .seconds(5))
        #expect(ladder.climb(.cancelled, at: start + .seconds(4)) == [.cancel])
        #expect(ladder.climb(.cancelled, at: start + .seconds(5)) == [.terminate, .kill])
    }

    @Test("at shutdown it is killed before the engine puts its task back")
    func interrupted() {
        var ladder = ladder()
        #expect(ladder.climb(.interrupted, at: start) == [.cancel])
        #expect(ladder.climb(.interrupted, at: start + .seconds(1)) == [.terminate])
        #expect(ladder.climb(.interrupted, at: start + .milliseconds(1900)) == [.kill])
    }

    @Test("after a lost lease it is killed at once: another process may run the task now")
    func leaseLost() {
        var ladder = ladder()
        #expect(ladder.climb(.leaseLost, at: start) == [.cancel, .terminate, .kill])
    }
}
