import Storage

/// Moves runs on, inside the transaction that ends some of their nodes: tells the nodes behind them, lets those begin whose turn has
/// come or skips them, ends runs and the nodes that wait for them, until nothing ends any more.
///
/// The caller holds the roots of the runs (``RunRow/hold(_:on:)``). Before the commit nothing of it is there; after it every
/// unfinished node has an owner of its next step: a queue, a timer, a worker, or parents, elements or a child run that have not
/// ended. Cost: each edge of a definition is followed once, when its parent ends, and once more in a run in which something failed;
/// the statements of a transaction go with the number of waves, not of nodes: what ends together is told together.
struct RunAdvance {
    let workflows: Workflows
    let now: Int64
    let connection: any Connection
    /// Runs seen so far, as they will be stored.
    var runs: [Int64: RunRow]
    /// Those that differ from what is stored.
    var touched: Set<Int64> = []
    /// Runs that ended.
    var finished: Set<Int64> = []
    /// Those of them that no change of this value tells of.
    private var unmarked: Set<Int64> = []
    /// To be announced.
    var changes: [TaskChange] = []
    /// Ended, and not yet told.
    var wave: [Ended] = []
    /// Nodes whose turn has come.
    var due: [Due] = []
    /// Nodes of the child runs that were started.
    var childNodes = 0

    /// Something that ended.
    struct Ended {
        let run: Int64
        /// Position of the node.
        let node: Int
        let what: What

        enum What {
            case node(TaskState)
            /// An element of the node; whether it had been let begin.
            case element(Int, hadRoom: Bool)
            /// The run that the node waits for.
            case child
        }
    }

    /// A row that waits for nothing more.
    struct Due {
        let id: Int64
        let run: Int64
        let node: Int
        /// When its elements or its child run began; nil when it has not begun itself.
        let startedAt: Int64?
        /// Whether somebody cancelled it after it began.
        var isCancelled = false
    }

    init(_ workflows: Workflows, holding runs: [Int64: RunRow], now: Int64, on connection: any Connection) {
        self.workflows = workflows
        self.now = now
        self.connection = connection
        self.runs = runs
    }

    /// Moves on the runs of those of `ended` that are nodes and have ended.
    /// - Parameters:
    ///   - ended: also told which runs ended by them (``TaskChange/endedRun``).
    ///   - holding: the runs of them all.
    /// - Returns: further changes to announce.
    static func advance(
        _ ended: inout [TaskChange], holding runs: [Int64: RunRow], _ workflows: Workflows, now: Int64, on connection: any Connection
    ) throws -> [TaskChange] {
        guard !runs.isEmpty else { return [] }
        var advance = RunAdvance(workflows, holding: runs, now: now, on: connection)
        advance.add(ended)
        guard !advance.wave.isEmpty else { return [] }
        return try advance.finish(telling: &ended)
    }

    /// Takes up what the caller ended.
    mutating func add(_ ended: [TaskChange]) {
        for change in ended where change.state.isTerminal {
            guard let node = change.node else { continue }
            wave.append(
                Ended(
                    run: node.run, node: node.index,
                    what: node.element.map { .element($0, hadRoom: node.pending == 0) } ?? .node(change.state)))
        }
    }

    /// Goes on until nothing ends any more, and writes the runs.
    mutating func finish() throws -> [TaskChange] {
        while !wave.isEmpty || !due.isEmpty {
            let ended = wave
            wave = []
            if !ended.isEmpty { try tell(ended) }
            let turns = due
            due = []
            if !turns.isEmpty { try take(turns) }
        }
        try RunRow.store(touched.sorted().compactMap { runs[$0] }, on: connection)
        try RollUp.add(finished.compactMap { runs[$0] }, now: now, on: connection)
        unmarked = mark(finished, in: &changes)
        return changes
    }

    /// As ``finish()``.
    /// - Parameter ended: what the caller ended; also told which runs ended by it.
    mutating func finish(telling ended: inout [TaskChange]) throws -> [TaskChange] {
        let further = try finish()
        mark(unmarked, in: &ended)
        return further
    }

    /// Tells the last of a run's changes how the run ended.
    /// - Returns: those of `ended` of which there is no change.
    @discardableResult
    private func mark(_ ended: Set<Int64>, in changes: inout [TaskChange]) -> Set<Int64> {
        var left = ended
        for place in changes.indices.reversed() {
            guard !left.isEmpty else { break }
            guard changes[place].state.isTerminal, let run = changes[place].node?.run, left.remove(run) != nil, let row = runs[run] else {
                continue
            }
            changes[place].endedRun = RunEnd(state: row.state, microseconds: now - (row.startedAt ?? row.createdAt))
        }
        return left
    }

    func plan(of run: RunRow) throws -> WorkflowPlan { try workflows.plans.plan(run.head, on: connection) }

    func run(_ id: Int64) throws -> RunRow {
        guard let run = runs[id] else { throw StorageError(.corrupt, "run \(id) of a node is gone") }
        return run
    }
}
