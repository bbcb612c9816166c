import Storage
import TaskEngine
import TestSupport
import Testing

/// Claims pass over runs that somebody holds; SQLite has one writer, where nobody can.
@Suite(
    "Runs that begin while somebody holds them", .timeLimit(.minutes(5)),
    .enabled(if: PostgresSchema.isAvailable, "\(PostgresSchema.reason)"))
struct BegunRunTests {
    private static let slow = #"{"name": "slow", "nodes": [{"id": "a", "task": "demo.sleep", "input": {"ms": 600000}}]}"#

    /// An engine that does not run yet, and a connection beside it.
    private func withTwo(_ body: (RunHarness, _ other: any Database) async throws -> Void) async throws {
        try await withDatabasePlace(.postgres) { place in
            let database = try await place.open()
            defer { database.close() }
            try await place.migrate(database)
            let other = try await place.open(poolSize: 1)
            defer { other.close() }
            let harness = try await RunHarness(database)
            try await harness.register(Self.slow)
            try await body(harness, other)
        }
    }

    @Test("a run whose first node is claimed while somebody holds the run is marked as running when it is free")
    func held() async throws {
        try await withTwo { harness, other in
            let run = try await harness.start("slow")
            let workflows = harness.service.workflows
            let (holds, gate) = (TestSignal<Void>(), TestGate())
            let sending = Task {
                try await other.write { connection in
                    let result = try SendEvent.send(
                        "go", data: "1", to: run, tenant: RunHarness.tenant, workflows, now: 5, on: connection)
                    // Holds the run until the gate opens.
                    holds.send()
                    try gate.pass()
                    return result
                }
            }
            try await holds.wait()
            let task = try await harness.engine.database.nodes(of: run)[0].task
            try await harness.engine.run { engine in
                try await engine.wait(for: task, .running)
                #expect(try await engine.database.run(run).state == .pending)
                gate.open()
                #expect(try await sending.value == .kept)
                try await eventually("the run is marked") { try await engine.database.run(run).state == .running }
                #expect(try await engine.database.count("SELECT COUNT(*) FROM workflow_runs WHERE started_at IS NOT NULL") == 1)
            }
        }
    }

    @Test("a run that begins while the one above it is killed is not pending again")
    func overwritten() async throws {
        try await withTwo { harness, other in
            try await harness.register(#"{"name": "outer", "nodes": [{"id": "in", "workflow": {"name": "slow"}}]}"#)
            let run = try await harness.start("outer")
            let workflows = harness.service.workflows
            let child = Int64(
                try await other.read { try $0.row("SELECT id FROM workflow_runs WHERE parent_run = \(run)") { $0.int(0) } } ?? 0)
            // It holds the run above, has read both, and looks at their tasks next.
            let stop = SteppedConnection.Stop(after: 5)
            let killing = Task {
                try await other.write { connection in
                    _ = try KillRun.kill(
                        run, tenant: nil, as: .cancelled, reason: nil, workflows, now: 5, on: SteppedConnection(connection, stop))
                    return try connection.row("SELECT state, started_at FROM workflow_runs WHERE id = \(child)") { row in
                        "\(row.text(0)) \(row.intOrNil(1) == nil ? "never" : "once")"
                    }
                }
            }
            try await stop.reached.wait()
            let task = try await harness.engine.database.nodes(of: child)[0].task
            try await harness.engine.run { engine in
                try await engine.wait(for: task, .running)
                #expect(try await engine.database.run(child).state == .running)
                stop.gate.open()
                #expect(try await killing.value == "running once")
                #expect(try await harness.end(of: run) == .cancelled)
            }
        }
    }
}
