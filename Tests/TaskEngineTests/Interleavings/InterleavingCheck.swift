import Storage
import TaskEngine
import TestSupport

/// What must be true of the database after two transitions, whatever the order of their statements was.
struct InterleavingCheck: Sendable {
    let world: InterleavingWorld
    let answers: [InterleavedTransition.Answer]

    /// - Throws: ``Broken``.
    func check(_ database: any Database) async throws {
        let (rows, dead) = try await database.read { connection in
            let dead = try connection.rows("SELECT id FROM workers WHERE state = 'dead'") { $0.int(0) }
            return (try InterleavingRow.all(connection), Set(dead))
        }
        for answer in answers { if let broken = answer.broken { throw Broken(broken) } }
        let chains = try chains()
        for (id, chain) in chains { try compare(id, chain, rows[id]) }
        for id in rows.keys where chains[id] == nil { throw Broken("task \(id) is there, and nobody submitted it") }
        try compareHolders(rows, dead)
        let once = answers.compactMap(\.once)
        guard Set(once).count <= 1 else { throw Broken("a request was carried out twice: tasks \(once)") }
        let made = answers.compactMap(\.made)
        guard Set(made).count == made.count else { throw Broken("two have made the same: \(made)") }
        try await compareFirings(database, before: world.before.keys)
        try await compareRuns(database)
        try await examine(database)
    }

    /// Runs count what they have, wait for what has not ended, and have ended exactly if nothing of them is left.
    private func compareRuns(_ database: any Database) async throws {
        let (runs, names) = try await database.read { connection in
            let names = try connection.rows("SELECT id, workflow FROM workflow_runs") { ($0.int(0), $0.text(1)) }
            return (try SimulatedRun.all(connection), Dictionary(uniqueKeysWithValues: names))
        }
        let children = Set(runs.values.filter { !$0.state.isTerminal }.compactMap(\.parentTask))
        for run in runs.values {
            guard let nodes = names[run.id].flatMap({ DeepRun.shapes[$0] }) else { throw Broken("run \(run.id) has an unknown workflow") }
            let problem = run.problem(nodes, children: children, wasRetried: run.id == world.endedFlow)
            if let problem { throw Broken("run \(run.id) of \(names[run.id] ?? ""), \(run.state): \(problem)") }
        }
    }

    /// What a schedule started is there once for each firing that says so.
    private func compareFirings(_ database: any Database, before: Dictionary<Int64, InterleavingRow>.Keys) async throws {
        let started = try await database.read { connection in
            try connection.rows("SELECT task_id FROM schedule_firings WHERE task_id IS NOT NULL ORDER BY task_id") { $0.int(0) }
        }
        guard Set(started).count == started.count else { throw Broken("firings share a task: \(started)") }
        let announced = Set(answers.flatMap(\.changes).map(\.id)).subtracting(before)
        guard announced.isSuperset(of: started) else { throw Broken("schedules fired \(started), and announced were \(announced)") }
    }

    // MARK: - Announced and stored

    private struct Link {
        let version: Int64
        let state: TaskState
        let mayRevive: Bool
    }

    /// Every task with its changes in the order of their versions.
    private func chains() throws -> [Int64: [Link]] {
        var chains = world.before.mapValues { [Link(version: $0.version, state: $0.state, mayRevive: false)] }
        for answer in answers {
            for task in answer.claimed {
                chains[task.id, default: []].append(Link(version: task.version, state: .running, mayRevive: false))
            }
            for change in answer.changes {
                chains[change.id, default: []].append(Link(version: change.version, state: change.state, mayRevive: answer.mayRevive))
            }
        }
        return chains.mapValues { $0.sorted { $0.version < $1.version } }
    }

    /// No version is missing or there twice, so no update was lost; only a redrive leaves a terminal state.
    private func compare(_ id: Int64, _ chain: [Link], _ row: InterleavingRow?) throws {
        for (link, next) in zip(chain, chain.dropFirst()) {
            guard next.version == link.version + 1 else {
                throw Broken("task \(id) was announced in the versions \(chain.map(\.version)), states \(chain.map(\.state))")
            }
            guard !link.state.isTerminal || (next.mayRevive && link.state != .succeeded) else {
                throw Broken("task \(id) went from \(link.state) to \(next.state)")
            }
        }
        guard let last = chain.last else { return }
        guard let row else {
            guard last.state.isTerminal, answers.contains(where: { $0.pruned.contains(id) }) else {
                throw Broken("task \(id) was \(last.state) and is gone")
            }
            return
        }
        guard row.version == last.version, row.state == last.state else {
            throw Broken("task \(id) is \(row.state) in version \(row.version); announced: \(last.state) in version \(last.version)")
        }
    }

    /// Slots equal live claims: what runs is known to the one who holds it, and the other way round.
    private func compareHolders(_ rows: [Int64: InterleavingRow], _ dead: Set<Int64>) throws {
        var holders: [Int64: (worker: Int64, claim: Int64)] = [:]
        for (id, row) in world.before { if let worker = row.worker { holders[id] = (worker, row.claim) } }
        for answer in answers {
            for task in answer.claimed {
                // Held by somebody already, and not given up by the other one meanwhile.
                guard task.claim > (holders[task.id]?.claim ?? 0) else { throw Broken("task \(task.id) was claimed twice") }
                holders[task.id] = (task.worker, task.claim)
            }
        }
        for (id, row) in rows where row.state == .running {
            if let worker = row.worker, dead.contains(worker) {
                throw Broken("task \(id) runs under worker \(worker), which was declared dead")
            }
            guard let holder = holders[id], holder.worker == row.worker, holder.claim == row.claim else {
                throw Broken("task \(id) runs under worker \(row.worker ?? 0) (claim \(row.claim)), which nobody was told of")
            }
        }
    }

    // MARK: - Doctor

    /// After what every process does sooner or later nothing may be wrong.
    private func examine(_ database: any Database) async throws {
        let findings = try await database.write { connection in
            _ = try Promote.promote(now: InterleavingWorld.now, on: connection)
            for worker in try Rescue.unfinished(on: connection) {
                _ = try Rescue.rescue(worker: worker, beat: nil, now: InterleavingWorld.now, on: connection)
            }
            return try Doctor.look(now: InterleavingWorld.now, on: connection)
        }
        guard findings.isEmpty else { throw Broken("doctor: \(findings.map(\.detail))") }
    }
}
