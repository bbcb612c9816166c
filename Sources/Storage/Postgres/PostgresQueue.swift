/// Who waits for a connection and who gets the next one: a pure state machine without threads.
///
/// Engine writes go first. Reads and bulk writes never hold all connections together, so an engine write waits for
/// another engine write at most; and bulk writes hold one at most, as on SQLite. Neither starves: after `patience`
/// engine jobs went past it, the head of a lane is next.
package struct PostgresQueue<Job> {
    /// The kinds of jobs, the most urgent first.
    package enum Lane: Int, Sendable, CaseIterable {
        case engine, read, bulk
    }

    /// What `take` decided for a worker that is free.
    package struct Turn {
        /// Nil: nothing may run now; the worker is idle until woken.
        package let job: Job?
        /// An idle worker that has something to do as well.
        package let wake: Int?
    }

    private var lanes: [Fifo<Job>] = Lane.allCases.map { _ in Fifo() }
    private var running = [0, 0, 0]
    private var passedOver = [0, 0, 0]
    /// Last in, first out: a connection in use stays warm.
    private var idle: [Int] = []
    private let connections: Int
    private let patience = [Int.max, 4, 16]
    /// Whether ``close()`` was called.
    package private(set) var isClosed = false

    /// - Parameter connections: how many workers call ``take(worker:)``; at least 1.
    package init(connections: Int) {
        self.connections = connections
    }

    /// Adds a job. Returns the idle worker to wake, if there is one and the job may run now.
    package mutating func add(_ job: Job, to lane: Lane) -> Int? {
        lanes[lane.rawValue].append(job)
        return nextLane() == nil ? nil : idle.popLast()
    }

    /// The next job of worker `worker`, which has none.
    package mutating func take(worker: Int) -> Turn {
        guard let lane = nextLane(), let job = lanes[lane.rawValue].popFirst() else {
            if !isClosed { idle.append(worker) }
            return Turn(job: nil, wake: nil)
        }
        running[lane.rawValue] += 1
        passedOver[lane.rawValue] = 0
        if lane == .engine {
            for other in [Lane.read, .bulk] where !lanes[other.rawValue].isEmpty { passedOver[other.rawValue] += 1 }
        }
        return Turn(job: job, wake: nextLane() == nil ? nil : idle.popLast())
    }

    /// A job of `lane` has ended.
    package mutating func finish(_ lane: Lane) {
        running[lane.rawValue] -= 1
    }

    /// Takes no more jobs. Returns the waiting ones, which are to be refused.
    package mutating func close() -> [Job] {
        isClosed = true
        idle = []
        return Lane.allCases.flatMap { lanes[$0.rawValue].removeAll() }
    }

    private func nextLane() -> Lane? {
        let ready = Lane.allCases.filter { !lanes[$0.rawValue].isEmpty && mayRun($0) }
        return ready.first { passedOver[$0.rawValue] >= patience[$0.rawValue] } ?? ready.first
    }

    private func mayRun(_ lane: Lane) -> Bool {
        switch lane {
        case .engine: true
        case .read: hasRoomBesidesEngine
        case .bulk: running[Lane.bulk.rawValue] == 0 && hasRoomBesidesEngine
        }
    }

    private var hasRoomBesidesEngine: Bool {
        running[Lane.read.rawValue] + running[Lane.bulk.rawValue] < max(1, connections - 1)
    }
}

/// First in, first out, without moving the rest at every removal.
private struct Fifo<Element> {
    private var items: [Element] = []
    private var head = 0

    var isEmpty: Bool { head == items.count }

    mutating func append(_ element: Element) { items.append(element) }

    mutating func popFirst() -> Element? {
        guard !isEmpty else { return nil }
        defer {
            head += 1
            // Removed elements stay in memory until they are half of all.
            if head * 2 > items.count {
                items.removeFirst(head)
                head = 0
            }
        }
        return items[head]
    }

    mutating func removeAll() -> [Element] {
        defer { self = Self() }
        return Array(items[head...])
    }
}
