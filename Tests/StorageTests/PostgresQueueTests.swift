import Storage
import Testing

@Suite("Who gets the next PostgreSQL connection")
struct PostgresQueueTests {
    typealias Queue = PostgresQueue<String>

    @Test("engine jobs go before reads and bulk jobs, each lane in order")
    func order() {
        var queue = Queue(connections: 1)
        for (job, lane) in [("b1", Queue.Lane.bulk), ("r1", .read), ("e1", .engine), ("r2", .read), ("e2", .engine)] {
            _ = queue.add(job, to: lane)
        }
        var order: [String] = []
        while let job = queue.take(worker: 0).job {
            order.append(job)
            queue.finish(lane(of: job))
        }
        #expect(order == ["e1", "e2", "r1", "r2", "b1"])
    }

    @Test("bulk jobs hold one connection at most, and leave one with the reads for the engine")
    func limits() {
        var queue = Queue(connections: 3)
        for number in 1...4 {
            _ = queue.add("b\(number)", to: .bulk)
            _ = queue.add("r\(number)", to: .read)
        }
        let taken = (0..<3).map { queue.take(worker: $0).job }
        #expect(taken == ["r1", "r2", nil])
        // The third worker sleeps until a job comes that it may run.
        #expect(queue.add("b5", to: .bulk) == nil)
        #expect(queue.add("e1", to: .engine) == 2)
        #expect(queue.take(worker: 2).job == "e1")
        queue.finish(.read)
        #expect(queue.take(worker: 0).job == "r3")
        queue.finish(.read)
        queue.finish(.read)
        #expect(queue.take(worker: 0).job == "r4")
        #expect(queue.take(worker: 1).job == "b1")
        queue.finish(.read)
        // One bulk job runs, so the next one waits although there is room.
        #expect(queue.take(worker: 0).job == nil)
    }

    @Test("a single connection serves all lanes")
    func singleConnection() {
        var queue = Queue(connections: 1)
        _ = queue.add("b1", to: .bulk)
        #expect(queue.take(worker: 0).job == "b1")
    }

    @Test("a read gets its turn after four engine jobs and a bulk job after sixteen", arguments: [(Queue.Lane.read, 4), (.bulk, 16)])
    func patience(lane: Queue.Lane, passing: Int) {
        var queue = Queue(connections: 1)
        _ = queue.add("patient", to: lane)
        for number in 0..<100 { _ = queue.add("e\(number)", to: .engine) }
        var before = 0
        while let job = queue.take(worker: 0).job, job != "patient" {
            before += 1
            queue.finish(.engine)
        }
        #expect(before == passing)
    }

    @Test("whoever takes a job wakes another worker when there is more to do")
    func chain() {
        var queue = Queue(connections: 3)
        for worker in 0..<3 { #expect(queue.take(worker: worker).job == nil) }
        #expect(queue.add("b1", to: .bulk) == 2)
        #expect(queue.add("b2", to: .bulk) == 1)
        #expect(queue.take(worker: 2).job == "b1")
        // Two bulk jobs at once are too many: worker 1 goes back to sleep, and the end of the first brings the second on.
        #expect(queue.take(worker: 1).job == nil)
        #expect(queue.add("r1", to: .read) == 1)
        queue.finish(.bulk)
        let turn = queue.take(worker: 2)
        #expect(turn.job == "r1")
        #expect(turn.wake == 0)
    }

    @Test("closing gives back what waits, once, and nobody sleeps any more")
    func closing() {
        var queue = Queue(connections: 2)
        _ = queue.add("e1", to: .engine)
        _ = queue.add("b1", to: .bulk)
        #expect(queue.close() == ["e1", "b1"])
        #expect(queue.isClosed)
        #expect(queue.take(worker: 0).job == nil)
        #expect(queue.close() == [])
    }

    private func lane(of job: String) -> Queue.Lane {
        switch job.first {
        case "e": .engine
        case "r": .read
        default: .bulk
        }
    }
}
