import Storage
import TaskEngine
import TestSupport
import Testing

/// Each read of an operation is a window of an index, whatever the filter; each slice is looked up by primary key.
@Suite("Plans of bulk operations among 100,000 tasks", .timeLimit(.minutes(5)))
struct BulkPlanTests {
    private static let tenant = "acme"

    private static func filter(_ change: (inout BulkFilter) -> Void) -> BulkFilter {
        var filter = BulkFilter()
        change(&filter)
        return filter
    }

    /// Each kind of filter, and the index that leads on SQLite. None matches more than some hundred tasks.
    private static func filters(_ ids: [Int64]) -> [(filter: BulkFilter, lead: String)] {
        [
            (filter { $0.state = .failed }, "tasks_dead"), (filter { $0.state = .cancelled }, "tasks_cancelled"),
            (filter { $0.state = .skipped }, "tasks_skipped"), (filter { $0.state = .waiting }, "tasks_waiting"),
            (filter { $0.state = .running }, "tasks_of_tenant"),
            (filter { ($0.state, $0.queue) = (.queued, "other") }, "tasks_of_tenant"),
            (filter { $0.type = "test.rare" }, "tasks_of_type"),
            (filter { ($0.state, $0.type) = (.cancelled, "test.rare") }, "tasks_cancelled"),
            (filter { $0.tag = "red" }, "task_labels"), (filter { $0.metadata = ["job": "7"] }, "task_labels"),
            (filter { ($0.tag, $0.metadata, $0.state) = ("red", ["job": "7"], .failed) }, "task_labels"),
            (filter { $0.uniqueKey = "key" }, "tasks_keyed"),
            (filter { ($0.before, $0.after) = (2, 0) }, "tasks_of_tenant"), (filter { $0.ids = ids }, "PRIMARY KEY"),
        ]
    }

    /// 50,000 tasks of each of two tenants, in turn; nearly all have succeeded.
    private func fill(_ database: any Database) async throws -> [Int64] {
        try await database.insertQueue()
        try await database.insertQueue("other")
        var ids: [Int64] = []
        for round in 0..<10 {
            ids += try await database.submit(
                (0..<10_000).map { index in
                    let isRare = index % 1000 == 8
                    return .sample(
                        tenant: index.isMultiple(of: 2) ? Self.tenant : "globex", type: isRare ? "test.rare" : "test.sample",
                        queue: index % 1000 == 10 ? "other" : "default", input: #"{"a":1}"#, tags: isRare ? #"["red","all"]"# : #"["all"]"#,
                        metadata: isRare ? #"{"job":"7"}"# : nil, uniqueKey: index == 12 ? UniqueKey("key") : nil)
                }, now: Int64(round) * 3_600_000_000)
        }
        let first = ids[0]
        try await database.write { connection in
            for (offset, state): (Int64, TaskState) in [(2, .failed), (4, .cancelled), (6, .skipped), (14, .waiting)] {
                try connection.execute(
                    """
                    UPDATE tasks SET state = \(state.rawValue), finished_at = \(state == .waiting ? nil : Int64(1))
                    WHERE (id - \(first)) % 1000 = \(offset)
                    """)
            }
            try connection.execute(
                "UPDATE tasks SET state = 'succeeded', finished_at = 1 WHERE state = 'queued' AND queue = 'default' AND unique_key IS NULL")
            try connection.executeScript("ANALYZE tasks; ANALYZE task_labels; ANALYZE task_payloads")
        }
        return ids
    }

    @Test("windows are read from an index, slices by primary key", arguments: DatabaseKind.available)
    func plans(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let all = try await fill(database)
            for action in BulkAction.allCases {
                for (filter, lead) in Self.filters(Array(all.prefix(300))) {
                    let recording = RecordingDatabase(database)
                    try await operate(action, filter, database, recording)
                    let plans = recording.plans.values
                    #expect(plans.count >= 5)
                    for plan in plans {
                        let scans =
                            plan.fullScans(of: "tasks", aliases: ["t"]) + plan.fullScans(of: "task_labels", aliases: ["l", "o"])
                            + plan.fullScans(of: "task_payloads", aliases: ["p"])
                        #expect(scans == [], "\(action) \(filter): \(plan)")
                    }
                    if kind == .sqlite {
                        // Without a state a retry is about failed tasks.
                        let lead = action == .retry && filter.state == nil && lead.hasPrefix("tasks_of_") ? "tasks_dead" : lead
                        #expect(plans.contains { $0.description.contains(lead) }, "\(action) \(filter): \(plans)")
                    }
                }
            }
        }
    }

    /// Runs an operation whose statements alone are recorded.
    private func operate(_ action: BulkAction, _ filter: BulkFilter, _ database: any Database, _ recording: RecordingDatabase) async throws
    {
        var settings = EngineSettings.forTests
        settings.pools = [SystemQueue.name: 1]
        let harness = try await EngineHarness(database, settings: settings) { registry in
            BulkOperations(database: recording, hub: ChangeHub(database: database)).register(in: &registry)
        }
        try await database.write { try QueueSetup.insertMissing([SystemQueue.definition], now: 0, on: $0) }
        try await harness.run { harness in
            guard case .submitted(let submitted) = try await harness.service.submit(action, filter, tenant: Self.tenant) else {
                throw FixtureError("nothing was submitted")
            }
            try await harness.wait(for: submitted.ids[0], .succeeded)
        }
    }
}
