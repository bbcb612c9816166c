import Storage
import TaskEngine
import TestSupport

/// What must hold after every step, and at the end.
extension Simulation {
    private struct Stored: Sendable {
        var id: Int64
        var state: TaskState
        var version: Int64
        var worker: Int64?
        var claim: Int64
    }

    mutating func check(withDoctor: Bool = true) async throws {
        try await checkRuns()
        let time = now
        let (stored, findings) = try await database.read { connection in
            let tasks = try connection.rows("SELECT id, state, version, worker, claim FROM tasks ORDER BY id") { row in
                Stored(
                    id: row.int(0), state: TaskState(rawValue: row.text(1)) ?? .waiting, version: row.int(2), worker: row.intOrNil(3),
                    claim: row.int(4))
            }
            return (tasks, withDoctor ? try Doctor.look(now: time, on: connection) : [])
        }
        try compare(stored)
        // Promotion and rescue are steps of their own here, which may be long in coming.
        let late: Set<Finding.Code> = [.overdue, .workerGone, .workerSilent]
        if let finding = findings.first(where: { !late.contains($0.code) }) {
            throw Broken("doctor: \(finding.detail)")
        }
    }

    /// The database holds what was acknowledged and announced, no less and no more.
    private func compare(_ stored: [Stored]) throws {
        let rows = Dictionary(stored.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        guard stored.count == ledger.kept else {
            throw Broken("\(ledger.kept) tasks were acknowledged, \(stored.count) are stored")
        }
        for (id, entry) in ledger.entries where !entry.isGone {
            guard let row = rows[id] else { throw Broken("task \(id) was acknowledged and is gone") }
            guard row.state == entry.state, row.version == entry.version else {
                throw Broken(
                    "task \(id) is \(row.state) (version \(row.version)), and was announced as \(entry.state) (version \(entry.version))")
            }
            let holder = row.worker.map { SimulatedLedger.Holder(worker: $0, claim: row.claim) }
            guard holder == entry.holder else {
                throw Broken("task \(id) is held by \(holder as Any), and was given to \(entry.holder as Any)")
            }
        }
        try compareSlots(stored)
    }

    /// A process never holds more than its slots, and the database knows of no running task of a living process that the process
    /// does not know of.
    private func compareSlots(_ stored: [Stored]) throws {
        for worker in workers {
            guard let id = worker.id else { continue }
            let held = stored.filter { $0.worker == id }
            let known = worker.running.map(\.id) + worker.ended.map(\.task.id)
            guard held.count <= SimulatedWorker.slots else {
                throw Broken("worker \(id) holds \(held.count) tasks in \(SimulatedWorker.slots) slots")
            }
            for task in held where !known.contains(task.id) { throw Broken("worker \(id) does not know that it holds task \(task.id)") }
        }
    }

    /// The trouble ends: from here on every task must come to its end, whatever state the trouble left it in.
    mutating func settleDown() async throws {
        log.append("the trouble ends")
        isTroubled = false
        // Whatever the clock did, a task that is scheduled for some time is due some time.
        now += 24 * 3_600_000_000
        for queue in pausedQueues.sorted() {
            let time = now
            _ = try await database.write { try QueueSetup.setPaused(queue: queue, false, now: time, on: $0) }
        }
        pausedQueues = []
        for pause in pausedTenants.sorted(by: { "\($0)" < "\($1)" }) {
            let time = now
            _ = try await database.write {
                try QueuePauses.setPaused(queue: pause.queue, tenant: pause.tenant, false, now: time, on: $0)
            }
        }
        pausedTenants = []
        try await pauseSchedules()
        workers = [SimulatedWorker(), SimulatedWorker()]
        for round in 0..<200 where !ledger.unfinished.isEmpty {
            // An hour goes by between two looks, so that nodes that wait for an event or a time need not many.
            now += 3_600_000_000
            instant += .seconds(30)
            for index in workers.indices {
                if workers[index].id == nil { try await register(index) }
                try await beat(index)
                try await observe(index)
                try await promote()
                try await stopRuns()
                try await turn(index)
                let error = TaskError(code: "event_timeout", message: "as its handler says")
                workers[index].ended += workers[index].running.map { task in
                    task.isTimerOfEvent
                        ? .ending(.init(task: task, next: .fail, outcome: .failed, error: error)) : .success(.init(task: task))
                }
                workers[index].running = []
                try await turn(index)
            }
            // What is broken stays broken.
            try await check(withDoctor: round % 8 == 7)
        }
        try await check()
        guard ledger.unfinished.isEmpty else {
            let stuck = ledger.unfinished.map { "\($0) \(ledger.entries[$0] as Any)" }
            throw Broken("tasks never came to an end: \(stuck)")
        }
        guard runs.live.isEmpty else { throw Broken("runs never came to an end: \(runs.live.sorted())") }
    }
}
