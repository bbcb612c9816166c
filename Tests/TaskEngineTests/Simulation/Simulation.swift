import Storage
import TaskEngine
import TestSupport

/// Runs the engine's transitions under a virtual clock and a seed: clients, several workers and their observers act in a random
/// order, processes die between any two transactions or in the middle of one, answers are lost, repeated or late, clocks jump.
/// After every step the database must agree with what the outside world was told, and ``Doctor`` must find nothing.
///
/// The same seed gives the same run, so a failure can be replayed: `MILLRACE_SIMULATION_SEED=n`.
struct Simulation {
    static let queues = ["default", "events"]
    static let tenants = ["acme", "initech", "umbrella"]

    let database: any Database
    let core: SimulatedCore
    var random: SeededRandom
    var ledger = SimulatedLedger()
    var workers = [SimulatedWorker](repeating: SimulatedWorker(), count: 3)
    /// Microseconds since 1970; jumps.
    var now: Int64 = 1_700_000_000_000_000
    /// The latest time that the clock has shown.
    var latest: Int64 = 0
    /// Never jumps.
    var instant = ContinuousClock.now
    var pausedQueues: Set<String> = []
    var pausedTenants: Set<TenantPause> = []
    /// Tasks that a pruner has found to be old, and will delete at its next step.
    var pruneCandidates: [Int64] = []
    /// Due times of schedules that have fired.
    var firedDues: Set<Due> = []
    var runs = Runs()
    /// Whether processes die and answers get lost.
    var isTroubled = true
    /// What happened, for the message of a failure.
    var log: [String] = []

    init(database: any Database, core: SimulatedCore, seed: UInt64) {
        self.database = database
        self.core = core
        random = SeededRandom(seed: seed)
    }

    /// - Throws: ``Broken`` with the last steps when an invariant does not hold.
    mutating func run(steps: Int) async throws {
        do {
            try await start()
            for index in 0..<steps {
                try await step()
                // The doctor has many statements, and what is broken stays broken.
                try await check(withDoctor: index % 4 == 3)
            }
            try await settleDown()
        } catch {
            // A transition that throws is as wrong as one that breaks an invariant.
            throw Broken("\(error)\nafter:\n" + log.filter { !$0.hasSuffix("wrote [], claimed []") }.suffix(60).joined(separator: "\n"))
        }
    }

    private mutating func start() async throws {
        for queue in Self.queues + [SystemQueue.name] { try await database.insertQueue(queue) }
        for index in workers.indices { try await register(index) }
        try await makeSchedules()
        for name in SimulatedFlow.names { try await registerFlow(name) }
    }

    struct TenantPause: Hashable {
        let queue: String
        let tenant: String
    }

    // MARK: - Steps

    private mutating func step() async throws {
        passTime()
        latest = max(latest, now)
        let index = Int.random(in: workers.indices, using: &random)
        if workers[index].paused > 0 { workers[index].paused -= 1 }
        switch Int.random(in: 0..<125, using: &random) {
        case 0..<10: try await submit()
        case 10..<14: try await fireSchedules()
        case 14..<15: try await handleSchedules()
        case 15..<17: try await submitOnce()
        case 17..<21: try await cancel()
        case 21..<25: try await redrive()
        case 25..<31: try await promote()
        case 31..<32: try await pauseOrResumeQueue()
        case 32..<34: try await pauseOrResumeTenant()
        case 34..<36: jump()
        case 36..<39: crash(index)
        case 39..<42: pause(index)
        case 42..<44: try await drain(index)
        case 44..<47: try await prune()
        case 47..<51: try await act(index) { try await $0.carryOut(index) }
        case 51..<53: try await act(index) { try await $0.tell(index) }
        case 53..<58: try await act(index) { try await $0.beat(index) }
        case 58..<65: try await act(index) { try await $0.observe(index) }
        case 65..<86: try await act(index) { $0.endHandlers(index) }
        case 86..<94: try await startRun()
        case 94..<97: try await killRun()
        case 97..<100: try await retryRun()
        case 100..<104: try await sendEvent()
        case 104..<106: try await expireRuns()
        case 106..<107: try await registerFlow(SimulatedFlow.names.randomElement(using: &random) ?? "f0")
        case 107..<109: try await pruneRuns()
        case 109..<112: try await stopRuns()
        default: try await act(index) { try await $0.turn(index) }
        }
    }

    /// A process that is paused, or has no id yet, does not act; a new one registers first.
    private mutating func act(_ index: Int, _ body: (inout Simulation) async throws -> Void) async throws {
        guard workers[index].paused == 0 else { return }
        if workers[index].id == nil { try await register(index) }
        try await body(&self)
    }

    private mutating func passTime() {
        let microseconds = Int64.random(in: 0...3_000_000, using: &random)
        now += microseconds
        instant += .microseconds(microseconds)
    }

    /// Somebody set the machine's clock.
    private mutating func jump() {
        let hours = chance(50) ? Int64(1) : -1
        now += hours * 3_600_000_000
        log.append("the clock jumped by \(hours) h")
    }

    private mutating func crash(_ index: Int) {
        log.append("worker \(name(index)) crashed")
        workers[index] = SimulatedWorker()
    }

    private mutating func pause(_ index: Int) {
        workers[index].paused = Int.random(in: 1...30, using: &random)
        log.append("worker \(name(index)) hangs")
    }

    private mutating func endHandlers(_ index: Int) {
        let ending = workers[index].running.filter { _ in chance(60) }
        for task in ending { workers[index].ended.append(outcome(of: task)) }
        workers[index].running.removeAll { task in ending.contains { $0.id == task.id && $0.claim == task.claim } }
    }

    private mutating func outcome(of task: ClaimedTask) -> SimulatedWorker.Ended {
        let error = TaskError(code: "simulated", message: "as the seed wants it")
        if task.isTimerOfEvent { return .ending(.init(task: task, next: .fail, outcome: .failed, error: error)) }
        switch Int.random(in: 0..<10, using: &random) {
        case 0: return .ending(.init(task: task, next: .fail, outcome: .failed, error: error))
        case 1, 2:
            let delay = Int64.random(in: 0...60_000_000, using: &random)
            let next: EndAttempts.Next = task.hasRetriesLeft ? .retry(at: now + delay) : .fail
            return .ending(.init(task: task, next: next, outcome: chance(50) ? .failed : .timedOut, error: error))
        case 3: return .ending(.init(task: task, next: .release(at: now + 5_000_000), outcome: nil, error: nil))
        case 4: return .ending(.init(task: task, next: .release(at: now), outcome: .interrupted, error: nil))
        default:
            let followUp = SubmitRequest(type: "test.sample", uniqueKey: "key \(Int.random(in: 0..<3, using: &random))")
            return .success(.init(task: task, output: output(of: task), followUps: chance(10) ? [followUp] : []))
        }
    }

    /// Of a node, which others refer to, or of another task.
    private mutating func output(of task: ClaimedTask) -> String? {
        guard task.node != nil else { return chance(30) ? #"{"seen":true}"# : nil }
        let list = (0..<Int.random(in: 0...3, using: &random)).map(String.init).joined(separator: ",")
        return #"{"n":\#(Int.random(in: 0...3, using: &random)),"list":[\#(list)]}"#
    }

    // MARK: - Small things

    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    func name(_ index: Int) -> String { "\(index)" + (workers[index].id.map { " (id \($0))" } ?? "") }

    /// Runs a transaction that may die in its last moment: everything it did is then undone.
    /// - Returns: nil when it died.
    mutating func transaction<T: Sendable>(_ body: @escaping @Sendable (any Connection) throws -> T) async throws -> T? {
        let dies = isTroubled && chance(5)
        do {
            return try await database.write { connection in
                let result = try body(connection)
                if dies { throw Died() }
                return result
            }
        } catch is Died {
            return nil
        }
    }

    private struct Died: Error {}
}

extension ClaimedTask {
    /// Whether its handler runs because an event did not come in time.
    var isTimerOfEvent: Bool { type == "workflow.wait_event" }
}
