import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Lists of runs", .timeLimit(.minutes(2)))
struct ListRunsTests {
    private static let tenant = RunHarness.tenant

    /// Runs 0 to 19 of the workflows `a` and `b` in turn; those of `a` follow version 1 up to 9, then version 2.
    private func fill(_ database: any Database) async throws -> [Int64] {
        try await database.write { connection in
            try QueueSetup.insertMissing([.init(name: "default", pool: "default", weight: 1)], now: 1, on: connection)
            try Self.register("a", priority: 1, connection)
            try Self.register("b", priority: 1, connection)
            var ids: [Int64] = []
            for index in 0..<20 {
                if index == 10 { try Self.register("a", priority: 2, connection) }
                let request = StartRun.Request(workflow: index.isMultiple(of: 2) ? "a" : "b")
                guard case .started(let run, _) = try StartRun.start(request, tenant: Self.tenant, Workflows(), now: 1, on: connection)
                else {
                    throw FixtureError("the run was not started")
                }
                ids.append(run)
            }
            return ids
        }
    }

    private static func register(_ name: String, priority: Int, _ connection: any Connection) throws {
        let text = #"{"name": "\#(name)", "nodes": [{"id": "n", "task": "test.sample", "priority": \#(priority)}]}"#
        guard case .accepted(let plan, _) = WorkflowDefinition.parse(text, rules: .stored) else { throw FixtureError("it is right") }
        _ = try RegisterWorkflow.register(plan.definition, tenant: tenant, now: 1, on: connection)
    }

    @Test("a page looks through so many runs and says where the list goes on", arguments: DatabaseKind.available)
    func bounded(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let ids = try await fill(database)
            try await database.write { connection in
                // All have begun but the first four.
                _ = try connection.execute("UPDATE workflow_runs SET state = 'running', started_at = 1 WHERE id > \(ids[3])")
            }
            let filters: [(ListRuns.Filter, [Int64])] = [
                (.init(state: .pending), ids[..<4].reversed()),
                (.init(state: .pending, workflow: "b"), [ids[3], ids[1]]),
                (.init(state: .running, workflow: "a", version: 1), [ids[8], ids[6], ids[4]]),
                (.init(workflow: "a", version: 1), [ids[8], ids[6], ids[4], ids[2], ids[0]]),
                (.init(state: .succeeded), []),
                (.init(state: .failed, workflow: "a"), []),
            ]
            for (filter, expected) in filters {
                var (found, last, pages): ([Int64], Int64?, Int) = ([], nil, 0)
                repeat {
                    let after = last
                    let page = try await database.read { connection in
                        try ListRuns.page(filter, tenant: Self.tenant, after: after, limit: 2, lookingThrough: 6, on: connection)
                    }
                    found += page.rows.map(\.id)
                    last = page.next
                    pages += 1
                } while last != nil && pages < 20
                #expect(found == expected, "\(filter)")
                #expect(pages <= 6, "\(filter)")
            }
        }
    }

    @Test("what an index holds alone is not looked through", arguments: DatabaseKind.available)
    func exact(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let ids = try await fill(database)
            let filters: [(ListRuns.Filter, Int)] = [(.init(), 20), (.init(workflow: "b"), 10)]
            for (filter, count) in filters {
                let page = try await database.read { connection in
                    try ListRuns.page(filter, tenant: Self.tenant, limit: 20, lookingThrough: 1, on: connection)
                }
                #expect(page.rows.count == count && page.next == nil, "\(filter)")
            }
            let first = try await database.read { try ListRuns.page(.init(), tenant: Self.tenant, limit: 3, on: $0) }
            #expect(first.rows.map(\.id) == ids.suffix(3).reversed() && first.next == ids[17])
        }
    }
}
