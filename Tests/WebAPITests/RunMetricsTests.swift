import Metrics
import Storage
import TaskEngine
import TestSupport
import Testing
import WebCore

@Suite("Metrics of workflow runs", .timeLimit(.minutes(2)))
struct RunMetricsTests {
    /// The value of a sample in Prometheus text; nil when it is not there.
    private func value(_ sample: String, in text: String) -> Double? {
        text.split(separator: "\n").first { $0.hasPrefix(sample + " ") }.flatMap { Double($0.dropFirst(sample.utf8.count + 1)) }
    }

    @Test("the gauge counts unfinished runs by state", arguments: DatabaseKind.available)
    func gauge(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            _ = try await api.post(
                "/v1/workflows",
                #"{"name": "two", "nodes": [{"id": "a", "task": "demo.noop"}, {"id": "b", "task": "demo.noop", "depends_on": ["a"]}]}"#)
            func counts() async throws -> [Double?] {
                let text = try await api.get("/metrics").text
                return ["pending", "running"].map { value(#"millrace_workflow_runs{state="\#($0)"}"#, in: text) }
            }
            #expect(try await counts() == [0, 0])
            for _ in 0..<3 { _ = try await api.start(#"{"workflow_id": "two"}"#) }
            #expect(try await counts() == [3, 0])
            try await api.succeed()
            #expect(try await counts() == [2, 1])
            try await api.succeed(5)
            #expect(try await counts() == [0, 0])
        }
    }

    @Test("each run that ends is counted once, by status and duration, whatever ended it", arguments: DatabaseKind.available)
    func ends(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let registry = PrometheusRegistry()
            let metrics = withMetricsFactory(registry) { RunMetrics() }
            func text() -> String { registry.render() }
            func total(_ status: String) -> Double? { value(#"millrace_workflow_runs_total{status="\#(status)"}"#, in: text()) }
            // Every series is there before anything has happened.
            for status in ["succeeded", "failed", "cancelled", "timed_out"] { #expect(total(status) == 0) }

            try await api.registerDiamond()
            let body = #"{"workflow_id": "diamond", "params": {"target": "x"}}"#
            let runs = [try await api.start(body), try await api.start(body), try await api.start(body), try await api.start(body)]
            let workflows = api.service.workflows
            func settle(_ count: Int, fails: Bool = false) async throws {
                for _ in 0..<count {
                    let task = try await api.claimOne()
                    api.clock.advance(by: .seconds(1))
                    let now = api.clock.now
                    let error = TaskError(code: "e", message: "m")
                    metrics.heard(
                        try await api.database.write { connection in
                            try Settle.settle(
                                fails ? [] : [.init(task: task)],
                                fails ? [.init(task: task, next: .fail, outcome: .failed, error: error)] : [], workflows, now: now,
                                on: connection)
                        })
                }
            }
            try await settle(1, fails: true)
            #expect(total("failed") == 1, "its other nodes were skipped")
            try await settle(1)
            let now = api.clock.now
            let killed = try await api.database.write { connection in
                try KillRun.kill(runs[1], tenant: nil, as: .cancelled, reason: nil, workflows, now: now, on: connection)
            }
            guard case .killed(let end) = killed else { throw FixtureError("not killed: \(killed)") }
            metrics.heard(end.changes)
            #expect(total("cancelled") == 1)
            let late = try await api.database.write { connection in
                try connection.execute("UPDATE workflow_runs SET deadline_at = \(now) WHERE id = \(runs[2])")
                return try ExpireRuns.expire(ExpireRuns.late(now: now, on: connection), now: now, workflows, on: connection)
            }
            metrics.heard(late.changes)
            #expect(total("timed_out") == 1)
            try await settle(3)
            #expect(total("succeeded") == 0)
            try await settle(1)
            #expect(total("succeeded") == 1)
            #expect(["failed", "cancelled", "timed_out"].map { total($0) } == [1, 1, 1])
            #expect(value(#"millrace_workflow_run_duration_seconds_count{status="succeeded"}"#, in: text()) == 1)
            #expect(try #require(value(#"millrace_workflow_run_duration_seconds_sum{status="succeeded"}"#, in: text())) >= 3)
        }
    }
}
