import Storage
import TestSupport
import Testing

@testable import TaskEngine

@Suite("Progress and its order", .timeLimit(.minutes(5)))
struct JournalWritesTests {
    @Test("only the claim that holds the task, or held it last, says how far it is", arguments: DatabaseKind.available)
    func fence(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, task in
            try await database.storeProgress(of: task.id, claim: task.claim - 1, "older", at: 20)
            try await database.storeProgress(of: task.id, claim: task.claim + 1, "nobody's", at: 20)
            #expect(try await database.progress(of: task.id) == nil)
            try await database.storeProgress(of: task.id, claim: task.claim, "mine", at: 20)
            _ = try await database.end(task, .retry(at: 30), now: 30)
            _ = try await database.promote(now: 30)
            let next = try #require(try await database.claim(worker: task.worker, now: 40).first)
            try await database.storeProgress(of: task.id, claim: task.claim, "late", at: 50)
            #expect(try await database.progress(of: task.id) == "mine")
            // The clock was set back in between: the claim counts.
            try await database.storeProgress(of: task.id, claim: next.claim, "next", at: 15)
            #expect(try await database.progress(of: task.id) == "next")
        }
    }

    @Test("of what one claim says, the later stays, in whatever order it is written", arguments: DatabaseKind.available)
    func order(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, task in
            for (message, at) in [("second", Int64(20)), ("first", 19), ("the same moment", 20)] {
                try await database.storeProgress(of: task.id, claim: task.claim, message, at: at)
                #expect(try await database.progress(of: task.id) == "second")
            }
            try await database.storeProgress(of: task.id, claim: task.claim, "third", at: 21)
            #expect(try await database.progress(of: task.id) == "third")
        }
    }

    @Test("what is said later is taken as later, also after the clock was set back, and only for its own claim")
    func stamps() async throws {
        try await withDatabase(.sqlite) { database in
            let clock = TestClock()
            let journal = TaskJournal(database: database, clock: EngineClock(now: { clock.now }), logger: .silent)
            var taken: [Int64] = []
            for seconds in [0, 0, -3600, 7200] {
                clock.advance(by: .seconds(seconds))
                journal.progress(task: 1, claim: 2, fraction: nil, message: nil)
                #expect(journal.takeProgress(of: 1, claim: 1) == nil)
                taken.append(try #require(journal.takeProgress(of: 1, claim: 2)).at)
                #expect(journal.takeProgress(of: 1, claim: 2) == nil)
            }
            #expect(zip(taken, taken.dropFirst()).allSatisfy { $0 < $1 }, "\(taken)")
            #expect(taken.last == clock.now)
        }
    }
}

extension Database {
    fileprivate func storeProgress(of task: Int64, claim: Int64, _ message: String, at: Int64) async throws {
        let progress = TaskJournal.Progress(task: task, claim: claim, fraction: 0.5, message: message, at: at)
        try await write { try JournalWrites.store([progress], now: at, on: $0) }
    }

    fileprivate func progress(of task: Int64) async throws -> String? {
        try await read { try $0.row("SELECT message FROM task_progress WHERE task_id = \(task)") { $0.text(0) } }
    }
}
