import Foundation

/// The threads that handlers run on, apart from the cooperative pool: two busy handlers there freeze HTTP, feed and
/// heartbeat for seconds [25 ms tick: 3,023 ms; on threads of their own: 30 ms].
///
/// Two threads stand ready. More are started only while ready work has found no thread for ``patience``: a handler blocks
/// or computes. So a thousand short handlers share a few threads, and `limit` blocking ones get one each. Idle threads
/// beyond the first two end after ``idleTime``.
///
/// `@unchecked Sendable`: `isStarved` is read and written under `starved`'s lock, everything else under `condition`'s.
final class HandlerThreads: TaskExecutor, @unchecked Sendable {
    static let patience = 0.002
    static let idleTime = 30.0
    static let standing = 2
    /// Parsers recurse and use buffers on the stack; only what is touched is paid for.
    static let stackBytes = 4 << 20

    private let condition = NSCondition()
    /// Guards ``isStarved`` alone.
    private let starved = NSCondition()
    private var isStarved = false
    private var jobs = JobQueue()
    private var threads = 0
    private var idle = 0
    private var limit: Int
    /// Threads of handlers that outlived their hard limit; ``limit`` includes them.
    private var lost = 0
    private var isClosed = false
    private let name: String
    private let yields: Bool

    /// - Parameters:
    ///   - limit: most threads at once.
    ///   - yields: whether its threads give way to the rest of the process.
    init(name: String, limit: Int, yields: Bool = true) {
        self.name = name
        self.yields = yields
        self.limit = max(limit, Self.standing)
        let supervisor = Thread { [self] in supervise() }
        supervisor.name = name + "-supervisor"
        supervisor.start()
    }

    /// Called by the Swift runtime for each piece of a handler between two suspension points.
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        condition.lock()
        jobs.append(job)
        // An idle thread that was signalled still counts as idle until it runs: compare with what waits for it.
        let lacksThread = jobs.count > idle
        let mustStart = lacksThread && threads < Self.standing
        if mustStart { threads += 1 }
        condition.signal()
        condition.unlock()
        if mustStart { startThread() } else if lacksThread { wakeSupervisor() }
    }

    /// More handlers may run at once from now on. Never fewer: a handler that was started when more were allowed may still
    /// need its thread, and idle threads end by themselves.
    func allow(_ handlers: Int) {
        condition.lock()
        limit = max(limit, handlers + lost)
        condition.unlock()
        wakeSupervisor()
    }

    /// A handler outlived its hard limit: its thread is lost, another may take its place.
    func replaceLostThread() {
        condition.lock()
        lost += 1
        limit += 1
        condition.unlock()
    }

    /// A lost handler ended after all.
    func regainThread() {
        condition.lock()
        lost -= 1
        limit -= 1
        condition.unlock()
    }

    /// Lets the threads end once nothing is queued.
    func close() {
        condition.lock()
        isClosed = true
        condition.broadcast()
        condition.unlock()
        wakeSupervisor()
    }

    // MARK: - Threads

    private func startThread() {
        let thread = Thread { [self] in work() }
        thread.name = name
        thread.stackSize = Self.stackBytes
        thread.start()
    }

    private func work() {
        if yields { Self.yieldToTheEngine() }
        while let job = next() {
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }

    /// Handlers may compute for hours; claims, heartbeats and HTTP need microseconds at once. A nicer thread lets the
    /// scheduler see that.
    private static func yieldToTheEngine() {
        #if os(Linux)
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 5)
        #endif
    }

    /// Nil ends the thread; it is no longer counted then.
    private func next() -> UnownedJob? {
        condition.lock()
        defer { condition.unlock() }
        while true {
            if let job = jobs.popFirst() { return job }
            if isClosed { break }
            idle += 1
            let wasSignalled = condition.wait(until: Date(timeIntervalSinceNow: Self.idleTime))
            idle -= 1
            if !wasSignalled, jobs.isEmpty, threads > Self.standing { break }
        }
        threads -= 1
        return nil
    }

    private func wakeSupervisor() {
        starved.lock()
        isStarved = true
        starved.signal()
        starved.unlock()
    }

    /// Starts one thread for each ``patience`` in which the oldest ready job has not moved.
    private func supervise() {
        while true {
            waitForStarvation()
            watch: while true {
                let before = taken()
                Thread.sleep(forTimeInterval: Self.patience)
                switch verdict(before) {
                case .done: break watch
                case .wait: continue
                case .grow: startThread()
                case .close: return
                }
            }
        }
    }

    private func waitForStarvation() {
        starved.lock()
        while !isStarved { starved.wait() }
        isStarved = false
        starved.unlock()
    }

    private enum Verdict { case done, wait, grow, close }

    private func taken() -> UInt64 {
        condition.lock()
        defer { condition.unlock() }
        return jobs.taken
    }

    private func verdict(_ takenBefore: UInt64) -> Verdict {
        condition.lock()
        defer { condition.unlock() }
        if isClosed { return .close }
        guard !jobs.isEmpty, threads < limit else { return .done }
        guard idle == 0, jobs.taken == takenBefore else { return .wait }
        threads += 1
        return .grow
    }
}

/// First in, first out, in one array whose taken head is cut off now and then.
private struct JobQueue {
    private var jobs: [UnownedJob] = []
    private var head = 0
    /// How many were ever taken.
    private(set) var taken: UInt64 = 0

    var count: Int { jobs.count - head }
    var isEmpty: Bool { count == 0 }

    mutating func append(_ job: UnownedJob) {
        jobs.append(job)
    }

    mutating func popFirst() -> UnownedJob? {
        guard head < jobs.count else { return nil }
        let job = jobs[head]
        head += 1
        taken += 1
        if head == jobs.count {
            jobs.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= 1024, head * 2 >= jobs.count {
            jobs.removeFirst(head)
            head = 0
        }
        return job
    }
}
