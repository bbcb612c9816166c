import TaskEngine
import Testing

@Suite("A pool's slots are shared by weight")
struct FairShareTests {
    private let two = [
        QueueDefinition(name: "a", pool: "p", weight: 6), QueueDefinition(name: "b", pool: "p", weight: 2),
    ]

    @Test("over eight slots a queue of weight 6 gets six and one of weight 2 gets two")
    func shares() {
        var share = FairShare()
        #expect(share.divide(slots: 8, among: two) == ["a": 6, "b": 2])
    }

    @Test("one slot at a time comes to the same, spread evenly")
    func single() {
        var share = FairShare()
        let picks = (0..<8).compactMap { _ in share.divide(slots: 1, among: two).keys.first }
        #expect(picks.joined() == "aabaaaba" || picks.joined() == "aabaabaa")
        #expect(picks.count { $0 == "b" } == 2)
    }

    @Test("a queue alone gets every slot, and saves up nothing against the others")
    func alone() {
        var share = FairShare()
        for _ in 0..<100 { #expect(share.divide(slots: 5, among: [two[1]]) == ["b": 5]) }
        #expect(share.divide(slots: 8, among: two) == ["a": 6, "b": 2])
    }

    @Test("no slots are no shares")
    func none() {
        var share = FairShare()
        #expect(share.divide(slots: 4, among: []).isEmpty)
        #expect(share.divide(slots: 0, among: two).isEmpty)
    }
}

@Suite("Retry delays")
struct RetryStrategyTests {
    private let strategy = RetryStrategy.exponentialJitter(maxRetries: 10, base: .seconds(60), cap: .seconds(600))

    @Test("double from the base to the cap", arguments: zip([1, 2, 3, 4, 5, 60, 1000], [60, 120, 240, 480, 600, 600, 600]))
    func doubles(retry: Int, seconds: Int) {
        #expect(strategy.delay(beforeRetry: retry, random: 0.999_999_999) > .seconds(seconds) - .milliseconds(1))
        #expect(strategy.delay(beforeRetry: retry, random: 0.999_999_999) <= .seconds(seconds))
        #expect(strategy.delay(beforeRetry: retry, random: 0) == .seconds(seconds) / 2)
    }
}

@Suite("Liveness is judged by the observer's own clock")
struct LivenessObserverTests {
    private let start = ContinuousClock.now
    private func beat(_ count: Int64) -> [WorkerLease.Beat] { [.init(worker: 7, count: count)] }

    @Test("a counter that stands still for the time is dead, one that moves is not")
    func standsStill() {
        var observer = LivenessObserver(deadAfter: .seconds(20))
        #expect(observer.observe(beat(1), at: start).isEmpty)
        #expect(observer.observe(beat(1), at: start + .seconds(19)).isEmpty)
        #expect(observer.observe(beat(2), at: start + .seconds(21)).isEmpty)
        #expect(observer.observe(beat(2), at: start + .seconds(40)).isEmpty)
        #expect(observer.observe(beat(2), at: start + .seconds(41)) == beat(2))
    }

    @Test("an observer that was away itself gives everybody the full time again")
    func newcomer() {
        var observer = LivenessObserver(deadAfter: .seconds(20))
        #expect(observer.observe(beat(1), at: start + .seconds(100)).isEmpty)
        #expect(observer.observe([], at: start + .seconds(110)).isEmpty)
        #expect(observer.observe(beat(1), at: start + .seconds(125)).isEmpty)
    }
}
