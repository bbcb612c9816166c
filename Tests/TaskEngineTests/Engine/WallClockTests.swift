import Storage
import TaskEngine
import TestSupport
import Testing

/// The wall clock says what is due; lengths are measured by a clock that nobody sets.
@Suite("The engine and a wall clock that is set", .timeLimit(.minutes(5)))
struct WallClockTests {
    private func withEngine(
        _ kind: DatabaseKind, tasks: (inout TaskRegistry) -> Void = { _ in }, _ body: (EngineHarness, TestClock) async throws -> Void
    ) async throws {
        try await withDatabase(kind) { database in
            let clock = TestClock()
            let harness = try await EngineHarness(database, clock: EngineClock(now: { clock.now }), tasks: tasks)
            try await harness.run { try await body($0, clock) }
        }
    }

    @Test("a day back or a day on ends no running attempt and breaks no lease", arguments: DatabaseKind.available, [-24, 24])
    func running(kind: DatabaseKind, hours: Int64) async throws {
        let started = TestSignal<Void>(), mayEnd = Signal()
        try await withEngine(kind) { registry in
            registry.register(name: "test.wait") { _, _ in
                started.send()
                await mayEnd.wait()
                return nil
            }
        } _: { engine, clock in
            let task = try await engine.submit(.init(type: "test.wait", timeoutMilliseconds: 3_600_000))
            try await started.wait()
            let worker = try #require(engine.engine.snapshot().workerID)
            clock.now += hours * 3_600_000_000
            // Heartbeats and looks at time limits under the new time.
            let beat = try await engine.beat(of: worker)
            try await eventually("the heart has beaten on") { try await engine.beat(of: worker) >= beat + 5 }
            mayEnd.raise()
            try await engine.wait(for: task, .succeeded)
            #expect(engine.engine.snapshot().workerID == worker)
            #expect(try await engine.database.task(task).attempt == 1)
            let report = try await Doctor(database: engine.database, now: { clock.now }, pause: {}).examine()
            #expect(report.isClean, "\(report.findings)")
        }
    }

    @Test("what is submitted after the clock was set back runs, at once or after its delay", arguments: DatabaseKind.available)
    func setBack(kind: DatabaseKind) async throws {
        try await withEngine(kind) { engine, clock in
            let before = try await engine.submit(.init(type: "demo.noop", delayMilliseconds: 60_000))
            clock.advance(by: .seconds(-3600))
            let now = try await engine.submit(.init(type: "demo.noop"))
            try await engine.wait(for: now, .succeeded)
            let delayed = try await engine.submit(.init(type: "demo.noop", delayMilliseconds: 1000))
            clock.advance(by: .seconds(2))
            try await engine.wait(for: delayed, .succeeded)
            // A time is a time: it has not come yet by this clock.
            #expect(try await engine.database.task(before).state == .scheduled)
            clock.advance(by: .seconds(3660))
            try await engine.wait(for: before, .succeeded)
        }
    }
}

extension EngineHarness {
    fileprivate func beat(of worker: Int64) async throws -> Int {
        try await database.count("SELECT beat FROM workers WHERE id = \(worker)")
    }
}
