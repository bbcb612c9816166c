import Storage
import Testing

@Suite("When the WAL is moved into the file")
struct CheckpointPlanTests {
    /// A plan in one place, since an expectation cannot change a value.
    private final class Held {
        private var plan = CheckpointPlan()

        func run() { plan.isRunning = true }
        func committed(pages: Int) -> Bool { plan.committed(pages: pages) }
        func moved(pages: Int?) -> CheckpointPlan.Next { plan.moved(pages: pages) }
    }

    private func running() -> Held {
        let plan = Held()
        plan.run()
        return plan
    }

    @Test("a short WAL is left alone, a longer one moved, one checkpoint at a time")
    func move() {
        let plan = running()
        #expect(!plan.committed(pages: CheckpointPlan.movePages - 1))
        #expect(plan.committed(pages: CheckpointPlan.movePages))
        #expect(!plan.committed(pages: CheckpointPlan.movePages * 2))
        #expect(plan.moved(pages: CheckpointPlan.movePages * 2) == .wait)
        // Only what is new counts.
        #expect(!plan.committed(pages: CheckpointPlan.movePages * 3 - 1))
        #expect(plan.committed(pages: CheckpointPlan.movePages * 3))
    }

    @Test("nothing is begun before and after it runs")
    func notRunning() {
        let plan = Held()
        #expect(!plan.committed(pages: CheckpointPlan.restartPages))
        plan.run()
        #expect(plan.committed(pages: CheckpointPlan.restartPages))
    }

    @Test("past its length the WAL is moved until a checkpoint has come to its end, and the writer is not asked")
    func toTheEnd() {
        let plan = running()
        let length = CheckpointPlan.foldPages
        #expect(plan.committed(pages: length))
        // Something was written beside the checkpoint: another.
        _ = plan.committed(pages: length + 1)
        #expect(plan.moved(pages: length) == .again)
        #expect(plan.moved(pages: length + 1) == .wait)
        // The next commit has begun it anew.
        #expect(!plan.committed(pages: 3))
        #expect(plan.committed(pages: CheckpointPlan.movePages + 3))
    }

    @Test("a writer that is faster than the checkpoints is asked after a few of them")
    func mostRounds() {
        let plan = running()
        var length = CheckpointPlan.foldPages
        #expect(plan.committed(pages: length))
        for round in 1...CheckpointPlan.mostRounds {
            let begun = length
            length += 1
            _ = plan.committed(pages: length)
            #expect(plan.moved(pages: begun) == (round < CheckpointPlan.mostRounds ? .again : .ask(.fold)))
        }
    }

    @Test("a WAL that readers have kept from being begun anew is asked for again as it grows, in the end with waiting")
    func readersInTheWay() {
        let plan = running()
        var steps: [CheckpointPlan.Next] = []
        for pages in stride(from: 0, through: CheckpointPlan.restartPages, by: CheckpointPlan.movePages) where plan.committed(pages: pages)
        {
            steps.append(plan.moved(pages: pages))
        }
        #expect(steps.first == .wait)
        #expect(steps.last == .ask(.restart))
    }

    @Test("a checkpoint that failed is tried again when the WAL has grown further")
    func failed() {
        let plan = running()
        #expect(plan.committed(pages: CheckpointPlan.movePages))
        #expect(plan.moved(pages: nil) == .wait)
        #expect(!plan.committed(pages: CheckpointPlan.movePages + 1))
        #expect(plan.committed(pages: CheckpointPlan.movePages * 2))
    }
}
