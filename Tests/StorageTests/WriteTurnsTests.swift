import Storage
import Testing

@Suite("Turns of the one writer")
struct WriteTurnsTests {
    /// Turns in one place, since an expectation cannot change a value.
    private final class Held {
        private var turns = WriteTurns()

        func next(hasEngine: Bool, hasOther: Bool, hasPaused: Bool) -> WriteTurns.Turn {
            turns.next(hasEngine: hasEngine, hasOther: hasOther, hasPaused: hasPaused)
        }
    }

    private func turns(_ waiting: [(engine: Bool, other: Bool)]) -> [WriteTurns.Turn] {
        var turns = WriteTurns()
        return waiting.map { turns.next(hasEngine: $0.engine, hasOther: $0.other, hasPaused: false) }
    }

    @Test("while both lanes are never empty, one bulk write follows on every two groups of the engine's")
    func bothGoOn() {
        let taken = turns(Array(repeating: (true, true), count: 9))
        #expect(taken == [.engine, .engine, .other, .engine, .engine, .other, .engine, .engine, .other])
    }

    @Test("a lane that is alone goes at once, every time")
    func alone() {
        #expect(turns(Array(repeating: (true, false), count: 5)) == Array(repeating: .engine, count: 5))
        #expect(turns(Array(repeating: (false, true), count: 5)) == Array(repeating: .other, count: 5))
    }

    @Test("what follows on the engine's first group goes before a bulk write that waits, once")
    func followUp() {
        let turns = Held()
        #expect(turns.next(hasEngine: true, hasOther: true, hasPaused: false) == .engine)
        #expect(turns.next(hasEngine: false, hasOther: true, hasPaused: false) == .pause)
        #expect(turns.next(hasEngine: true, hasOther: true, hasPaused: true) == .engine)
        #expect(turns.next(hasEngine: false, hasOther: true, hasPaused: false) == .other)
        // From the beginning.
        #expect(turns.next(hasEngine: true, hasOther: true, hasPaused: false) == .engine)
        #expect(turns.next(hasEngine: false, hasOther: true, hasPaused: false) == .pause)
    }

    @Test("nobody follows: the bulk write goes after one pause")
    func nobodyFollows() {
        let turns = Held()
        #expect(turns.next(hasEngine: true, hasOther: true, hasPaused: false) == .engine)
        #expect(turns.next(hasEngine: false, hasOther: true, hasPaused: false) == .pause)
        #expect(turns.next(hasEngine: false, hasOther: true, hasPaused: true) == .other)
    }

    @Test("groups that went while no bulk write waited do not count against the engine, and no pause is made for them")
    func beforeTheBulkCame() {
        #expect(turns([(true, false), (true, false), (true, false), (false, true)]) == [.engine, .engine, .engine, .other])
        #expect(turns([(true, false), (true, true), (true, true), (true, true)]) == [.engine, .engine, .engine, .other])
    }
}
