import Storage
import TaskEngine
import TestSupport

/// Workflow runs, and those who start, tell, end and retry them.
extension Simulation {
    /// What is known of runs outside the database.
    struct Runs: Sendable {
        /// By row of `workflows`.
        var flows: [Int64: SimulatedFlow] = [:]
        /// Runs that were started by clients and not pruned.
        var started: Set<Int64> = []
        /// Those that have not ended, child runs too.
        var live: Set<Int64> = []
        /// By the names that clients gave them.
        var keys: [String: Int64] = [:]
        /// Acknowledged events.
        var events: [Int64: Int] = [:]
        /// Ended runs as they were last seen, child runs too.
        var ended: [Int64: SimulatedRun] = [:]
        /// Those that were brought back at some time.
        var retried: Set<Int64> = []
        /// Runs that somebody has found to be late, or to be ended further.
        var lateCandidates: [Int64] = []
        var stopCandidates: [Int64] = []
        /// Runs that a pruner has found to be old.
        var pruneCandidates: [Int64] = []
    }

    /// Child runs follow what is registered when their turn comes.
    mutating func registerFlow(_ name: String) async throws {
        let flow = SimulatedFlow(name: name, using: &random)
        guard case .accepted(let plan, _) = WorkflowDefinition.parse(flow.text, rules: .stored) else {
            throw Broken("a definition was refused: \(flow.text)")
        }
        let time = now
        let stored = try await transaction { connection in
            try RegisterWorkflow.register(plan.definition, tenant: SimulatedFlow.tenant, now: time, on: connection).stored
        }
        guard let stored else { return }
        runs.flows[stored.id] = flow
        log.append("registered \(name) as version \(stored.version)")
    }

    mutating func startRun() async throws {
        let key = chance(30) ? "run \(Int.random(in: 0..<3, using: &random))" : nil
        let list = (0..<Int.random(in: 0...3, using: &random)).map(String.init).joined(separator: ",")
        let request = StartRun.Request(
            workflow: SimulatedFlow.names.randomElement(using: &random) ?? "f0",
            params: #"{"n": \#(Int.random(in: 0...5, using: &random)), "list": [\#(list)]}"#, key: key)
        let time = now
        let result = try await transaction {
            try StartRun.start(request, tenant: SimulatedFlow.tenant, SimulatedCore.workflows, now: time, on: $0)
        }
        switch result {
        case .started(let run, let changes):
            log.append("started run \(run) of \(request.workflow): \(changes.map { "\($0.id) \($0.state)" })")
            guard key.flatMap({ runs.keys[$0] }) == nil else { throw Broken("a second run has the name \(key ?? "")") }
            runs.started.insert(run)
            if let key { runs.keys[key] = run }
            try ledger.changed(changes, by: "the start of a run", mayAdd: true)
        case .existing(let run):
            guard let key, runs.keys[key] == run else { throw Broken("run \(run) is said to have the name \(key ?? "")") }
        case .unknownWorkflow, nil: return
        case .invalidParams, .unknownQueue: throw Broken("a start was refused: \(result as Any)")
        }
    }

    /// Mostly one that has not ended, which may be a child run.
    private mutating func anyRun() -> Int64? {
        let candidates = chance(80) && !runs.live.isEmpty ? runs.live : runs.started
        return candidates.sorted().randomElement(using: &random)
    }

    mutating func killRun() async throws {
        guard let run = anyRun() else { return }
        let (core, time) = (core, now)
        guard let result = try await transaction({ try core.kill(run, SimulatedFlow.tenant, time, $0) }) else { return }
        switch result {
        case .killed(let end):
            log.append("killed run \(run): \(end.changes.map { "\($0.id) \($0.state)" })")
            try ledger.changed(end.changes, by: "the end of a run", mayAdd: true)
        case .finished(let state):
            guard runs.ended[run]?.state == state else { throw Broken("kill said that run \(run) has ended as \(state)") }
        case .unknown: throw Broken("kill does not know run \(run)")
        }
    }

    mutating func expireRuns() async throws {
        let time = now
        // Anything may happen between the two.
        let late = Array(runs.lateCandidates.prefix(2))
        runs.lateCandidates = try await database.read { try ExpireRuns.late(now: time, on: $0) }
        let result = try await transaction { try ExpireRuns.expire(late, now: time, SimulatedCore.workflows, on: $0) }
        guard let result, result.runs > 0 else { return }
        log.append("ended \(result.runs) late runs: \(result.changes.map { "\($0.id) \($0.state)" })")
        try ledger.changed(result.changes, by: "the time limit of a run", mayAdd: true)
    }

    /// The next pieces of runs that have more tasks than are ended at once.
    mutating func stopRuns() async throws {
        let (time, found) = (now, runs.stopCandidates)
        runs.stopCandidates = try await database.read { try StopRuns.next(on: $0) }
        let result = try await transaction { try StopRuns.stop(found, SimulatedCore.workflows, now: time, on: $0) }
        guard let result, !result.changes.isEmpty else { return }
        log.append("ended more of \(found): \(result.changes.map { "\($0.id) \($0.state)" })")
        try ledger.changed(result.changes, by: "the end of a run, in pieces", mayAdd: true)
    }

    mutating func retryRun() async throws {
        // One that has ended, for most have not.
        let candidates = runs.ended.keys.filter { runs.ended[$0]?.state != .succeeded }.sorted()
        guard let run = chance(80) ? candidates.randomElement(using: &random) : anyRun() else { return }
        let (core, time) = (core, now)
        let answer = try await transaction { connection in
            let result = try core.retry(run, SimulatedFlow.tenant, time, connection)
            return (result, left: Set(try connection.rows("SELECT id FROM tasks WHERE run_id = \(run)") { $0.int(0) }))
        }
        guard let (result, left) = answer else { return }
        switch result {
        case .retried(let nodes, let changes):
            log.append("retried \(nodes) nodes of run \(run): \(changes.map { "\($0.id) \($0.state)" })")
            guard let ended = runs.ended.removeValue(forKey: run) else { throw Broken("run \(run) was retried and had not ended") }
            runs.retried.insert(run)
            // Elements of lists that are made anew.
            let forgotten = ended.rows.filter { !left.contains($0.task) }
            guard forgotten.allSatisfy({ $0.element != nil }) else { throw Broken("run \(run) was retried and has lost nodes") }
            try ledger.pruned(forgotten.map(\.task))
            try ledger.changed(changes, by: "the retry of a run", mayRevive: true, mayAdd: true)
        case .refused(let state):
            guard (runs.ended[run]?.state ?? state) == state else {
                throw Broken("retry said that run \(run) is \(state)")
            }
        case .nothingLeft, .child, .pruned: return
        case .unknown: throw Broken("retry does not know run \(run)")
        }
    }

    mutating func sendEvent() async throws {
        guard let run = anyRun() else { return }
        let (core, time, name) = (core, now, SimulatedFlow.events.randomElement(using: &random) ?? "go")
        guard let result = try await transaction({ try core.send(name, run, SimulatedFlow.tenant, time, $0) }) else { return }
        log.append("\(name) to run \(run): \(result)")
        switch result {
        case .taken(_, let changes):
            runs.events[run, default: 0] += 1
            try ledger.changed(changes, by: "an event", mayAdd: true)
        case .kept: runs.events[run, default: 0] += 1
        case .finished(let state):
            if let ended = runs.ended[run], ended.state != state { throw Broken("an event was told that run \(run) is \(state)") }
        case .tooMany, .unknown: throw Broken("run \(run) takes no event: \(result)")
        }
    }

    /// Deletes what the step before found to be old, and finds what the next one will delete.
    mutating func pruneRuns() async throws {
        let (time, ids) = (now - 200_000_000, runs.pruneCandidates)
        let gone = try await transaction { connection in
            try ids.filter { try PruneRuns.prune($0, endedBefore: time, on: connection)?.isGone ?? false }
        }
        runs.pruneCandidates = try await database.read { try PruneRuns.candidates(above: 0, endedBefore: time, on: $0).runs }
        guard let gone, !gone.isEmpty else { return }
        log.append("pruned runs \(gone)")
        for run in gone {
            guard let ended = runs.ended.removeValue(forKey: run) else { throw Broken("run \(run) was pruned and had not ended") }
            try ledger.pruned(ended.rows.map(\.task))
            runs.started.remove(run)
            runs.keys = runs.keys.filter { $0.value != run }
        }
    }

    // MARK: - What must hold after every step

    func storedRuns() async throws -> [Int64: SimulatedRun] { try await database.read { try SimulatedRun.all($0) } }

    mutating func checkRuns() async throws {
        let stored = try await storedRuns()
        let clients = Set(stored.values.filter { $0.parentTask == nil }.map(\.id))
        guard clients == runs.started else { throw Broken("runs \(runs.started.sorted()) were started, \(clients.sorted()) are there") }
        let children = Set(stored.values.filter { !$0.state.isTerminal }.compactMap(\.parentTask))
        for run in stored.values.sorted(by: { $0.id < $1.id }) {
            guard let flow = runs.flows[run.definition] else { throw Broken("run \(run.id) follows a definition that nobody registered") }
            // What ended is looked at once more, and must stay as it is.
            if let ended = runs.ended[run.id] {
                guard ended.state == run.state, ended.finishedAt == run.finishedAt, ended.version == run.version else {
                    throw Broken("run \(run.id) had ended as \(ended.state) and is \(run.state)")
                }
            }
            guard run.events == runs.events[run.id] ?? 0 else {
                throw Broken("run \(run.id) was told \(runs.events[run.id] ?? 0) events and knows \(run.events)")
            }
            guard run.state != .pending || !run.hasBegun else { throw Broken("run \(run.id) is pending and has begun") }
            if let problem = run.problem(flow.nodes, children: children, wasRetried: runs.retried.contains(run.id)) {
                throw Broken("run \(run.id) of \(flow.name), \(run.state): \(problem)\n\(flow.text)")
            }
            if run.state.isTerminal { runs.ended[run.id] = run }
        }
        runs.live = Set(stored.values.filter { !$0.state.isTerminal }.map(\.id))
        if let run = runs.ended.keys.first(where: { stored[$0] == nil }) { throw Broken("run \(run) had ended and is gone") }
    }
}
