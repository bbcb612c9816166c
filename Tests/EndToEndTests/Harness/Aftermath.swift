import Foundation
import Storage
import TestSupport

/// What has to hold when the trouble is over. Every check waits until all tasks have ended.
struct Aftermath {
    let site: MillraceSite
    let ledger: Ledger
    /// Slots of the pool `default`.
    let slots: Int

    /// Everything that is wrong, in words; empty when all is well.
    /// - Parameter process: serves the database, undisturbed.
    func problems(_ process: MillraceProcess) async throws -> [String] {
        let problems = try await site.look { database in
            try await waitForProgress("all tasks have ended", within: .seconds(60)) { try await database.unfinishedTasks() == 0 }
            var problems = ledger.problems(try await database.taskEnds()) + (try await database.unreadUploads(ledger))
            let twice = try await database.doubleSuccesses()
            if twice > 0 { problems.append("\(twice) tasks succeeded twice") }
            return problems
        }
        return problems + (try await doctorsFindings()) + (try await lostSlots(process.api))
    }

    /// `millrace doctor --json`, as an operator runs it.
    func doctorsFindings() async throws -> [String] {
        let child = try site.run(["doctor", "--json"])
        let ending = try await child.end(within: .seconds(60))
        // One line; it may come a moment after the end.
        let report = ending == .code(0) ? try await child.lines.wait()[0] : ""
        guard report.hasPrefix(#"{"clean":true"#) else { return ["doctor: \(ending) \(report) \(child.errorText)"] }
        return []
    }

    /// As many tasks as there are slots have to run at once.
    private func lostSlots(_ api: MillraceAPI) async throws -> [String] {
        let tasks = try await api.submitBatch(Array(repeating: #"{"type": "demo.sleep", "input": {"ms": 600000}}"#, count: slots))
        do {
            try await waitForProgress("all \(slots) slots are taken", within: .seconds(20)) { try await api.health().running == slots }
        } catch let error as HarnessError {
            return ["\(error)"]
        }
        for task in tasks { try await api.expect(202, .post("/v1/tasks/\(task)/cancel")) }
        try await waitForProgress("no task runs") { try await api.health().isIdle }
        return []
    }
}

extension MillraceSite {
    /// How every task stands, read from a copy: a SQLite file that its process left behind is recovered by whoever opens it
    /// first, and that is to be the next process.
    func endsLeftBehind() async throws -> [Int64: TaskEnd] {
        guard place.kind == .sqlite else { return try await look { try await $0.taskEnds() } }
        let copy = place.directory.path("copy")
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: place.url + suffix) {
            try FileManager.default.copyItem(atPath: place.url + suffix, toPath: copy + suffix)
        }
        let database = try SQLiteDatabase.open(path: copy, logger: .silent)
        let ends = try await database.taskEnds()
        database.close()
        for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: copy + suffix) {
            try FileManager.default.removeItem(atPath: copy + suffix)
        }
        return ends
    }
}
