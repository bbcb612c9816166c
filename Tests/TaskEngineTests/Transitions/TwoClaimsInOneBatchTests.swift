import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Answers of two claims of one task in one batch")
struct TwoClaimsInOneBatchTests {
    @Test("the late success of an earlier claim leaves neither its output nor its history", arguments: DatabaseKind.available)
    func success(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, first in
            let second = try await claimAgain(first, on: database)
            let changes = try await database.write { connection in
                try Complete.complete(
                    [
                        .init(task: first, output: #""late""#), .init(task: second, output: #""right""#),
                        .init(task: first, output: #""late""#),
                    ],
                    now: 90, on: connection)
            }
            #expect(changes.map(\.id) == [first.id])
            #expect(try await database.task(first.id).output == #""right""#)
            #expect(try await database.attempts(of: first.id).map(\.claim) == [1])
            #expect(try await database.attempts(of: first.id).map(\.outcome) == [.interrupted])
        }
    }

    @Test("the late failure of an earlier claim has no history beside that of the current one", arguments: DatabaseKind.available)
    func failure(_ kind: DatabaseKind) async throws {
        try await withClaimedTask(kind) { database, first in
            let second = try await claimAgain(first, on: database)
            let error = TaskError(code: "broken", message: "it broke")
            let changes = try await database.write { connection in
                try EndAttempts.end(
                    [first, second].map { .init(task: $0, next: .fail, outcome: .failed, error: error) }, now: 90, on: connection)
            }
            #expect(changes.map(\.state) == [.failed])
            #expect(try await database.attempts(of: first.id).map(\.outcome) == [.interrupted, .failed])
        }
    }

    /// The first claim was put back, and the same worker has claimed the task again.
    private func claimAgain(_ first: ClaimedTask, on database: any Database) async throws -> ClaimedTask {
        _ = try await database.end(first, .release(at: 0), outcome: .interrupted, now: 20)
        return try #require(try await database.claim(worker: first.worker, now: 30).first)
    }
}
