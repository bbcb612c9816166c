import Logging
import Storage
import TaskEngine
import WebAPI
import WebCore

/// What runs of workflows cost: many small ones, one small one on an idle engine, one of many edges, a long list, and the
/// answers about many that have ended.
enum WorkflowsBench {
    static let bench = Bench(
        "workflows", "runs of workflows: small ones per second, one when idle, 20 levels of 50 nodes, a list of 10,000, statistics",
        BenchOptions(count: 20_000, poolLimit: 500, callers: 64), measure: run)

    private static let tenant = "default"
    /// Runs on an idle engine.
    private static let samples = 200
    /// Of 20 levels, to see how the time goes with the edges.
    private static let widths = [25, 50]
    private static let elements = 10_000
    /// Ended runs that answers are about, for each run of the first figure.
    private static let endedPerRun = 50

    private static func run(_ options: BenchOptions, _ settings: Settings, _ logger: Logger) async throws -> BenchReport {
        var report = try await BenchDatabase.with(settings, logger: logger) { database in
            let rig = BenchRig(database, options, logger: logger, tasks: WorkflowTasks.register)
            var report = BenchReport("workflows", options, database)
            try await rig.run { try await measureRuns(options, rig, &report) }
            report.addCommits(database.commitStatistics)
            return report
        }
        try await BenchDatabase.with(settings, logger: logger) { try await measureAnswers(options, $0, logger, &report) }
        return report
    }

    private static func measureRuns(_ options: BenchOptions, _ rig: BenchRig, _ report: inout BenchReport) async throws {
        let workflows = WorkflowService(tasks: rig.service)
        try await register(diamond, workflows)
        // The plan is compiled, the statements are prepared.
        _ = try await elapsed(of: "diamond", nodes: 4, workflows, rig)
        let idle = try await BenchRig.sampled(samples) { _ = try await elapsed(of: "diamond", nodes: 4, workflows, rig) }
        report.addPercentiles("diamond_idle", idle)
        report.add("diamonds", Double(options.count), "")
        report.add("diamond_rate", try await rate(options, workflows, rig), "runs/s")
        for width in widths {
            try await register(layers(width), workflows)
            report.add("edges_of_20x\(width)", Double(19 * width * width), "")
            report.add("layers_20x\(width)", try await elapsed(of: "layers-\(width)", nodes: 20 * width, workflows, rig), "ms")
        }
        try await register(list, workflows)
        report.add("list_of_\(elements)", try await elapsed(of: "list", nodes: elements + 1, workflows, rig), "ms")
    }

    /// From the first start to the end of the last run, which are started by many callers while others run.
    private static func rate(_ options: BenchOptions, _ workflows: WorkflowService, _ rig: BenchRig) async throws -> Double {
        let done = rig.successes
        let started = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for caller in 0..<options.callers {
                group.addTask {
                    for _ in stride(from: caller, to: options.count, by: options.callers) { try await start("diamond", workflows) }
                }
            }
            try await group.waitForAll()
        }
        await rig.waitForSuccesses(done + options.count * 4)
        return Double(options.count) / (started.duration(to: .now) / .seconds(1))
    }

    /// Milliseconds from the start of a run until its last node has succeeded.
    private static func elapsed(of workflow: String, nodes: Int, _ workflows: WorkflowService, _ rig: BenchRig) async throws -> Double {
        let done = rig.successes
        let started = ContinuousClock.now
        try await start(workflow, workflows)
        await rig.waitForSuccesses(done + nodes)
        return started.duration(to: .now) / .milliseconds(1)
    }

    private static func start(_ workflow: String, _ workflows: WorkflowService) async throws {
        guard case .started = try await workflows.start(.init(workflow: workflow), tenant: tenant) else {
            throw LoadError("a run of \(workflow) was not started")
        }
    }

    private static func register(_ definition: String, _ workflows: WorkflowService) async throws {
        if case .refused(let problems) = try await workflows.register(definition, tenant: tenant) {
            throw LoadError("a definition was refused: \(problems)")
        }
    }

    // MARK: - Answers

    /// Over HTTP, with many runs that have ended.
    private static func measureAnswers(
        _ options: BenchOptions, _ database: any Database, _ logger: Logger, _ report: inout BenchReport
    ) async throws {
        let rig = BenchRig(database, options, logger: logger, tasks: WorkflowTasks.register)
        let workflows = WorkflowService(tasks: rig.service)
        try await register(single, workflows)
        let ended = options.count * endedPerRun
        try await PastRuns(service: workflows, now: EngineClock.system.now()).succeeded(ended, of: "single", tenant: tenant)
        var routes = Routes()
        routes.add(WorkflowRunRoutes(service: workflows))
        let figures = try await BenchServer.with(routes, logger) { port in
            try await onThread {
                let client = try BenchClient(port: port)
                return try ["/v1/workflow_runs/stats", "/v1/workflow_runs", "/v1/workflow_runs?status=succeeded"].map { path in
                    _ = try client.get(path)
                    return try (0..<samples).map { _ in
                        let started = ContinuousClock.now
                        _ = try client.get(path)
                        return Int64(started.duration(to: .now) / .microseconds(1))
                    }
                }
            }
        }
        report.add("ended_runs", Double(ended), "")
        for (name, samples) in zip(["stats", "first_page", "first_page_of_state"], figures) { report.addPercentiles(name, samples) }
    }

    // MARK: - Definitions

    private static let diamond = #"""
        {"name": "diamond", "nodes": [
            {"id": "scan", "task": "demo.noop"},
            {"id": "compliance", "task": "demo.noop", "depends_on": ["scan"]},
            {"id": "summary", "task": "demo.noop", "depends_on": ["scan"]},
            {"id": "outputs", "task": "demo.noop", "depends_on": ["compliance", "summary"]}]}
        """#
    private static let single = #"{"name": "single", "nodes": [{"id": "only", "task": "demo.noop"}]}"#

    private static var list: String {
        let numbers = (0..<elements).map(String.init).joined(separator: ",")
        return #"{"name": "list", "nodes": [{"id": "each", "task": "demo.noop", "foreach": [\#(numbers)]}]}"#
    }

    /// 20 levels; each node depends on all of the level above.
    private static func layers(_ width: Int) -> String {
        var nodes: [String] = []
        for level in 0..<20 {
            let parents = level == 0 ? "" : (0..<width).map { #""n\#(level - 1)-\#($0)""# }.joined(separator: ",")
            for node in 0..<width {
                nodes.append(#"{"id": "n\#(level)-\#(node)", "task": "demo.noop", "depends_on": [\#(parents)]}"#)
            }
        }
        return #"{"name": "layers-\#(width)", "nodes": [\#(nodes.joined(separator: ","))]}"#
    }
}
