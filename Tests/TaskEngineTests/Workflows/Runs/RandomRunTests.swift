import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Random graphs", .timeLimit(.minutes(10)))
struct RandomRunTests {
    /// A graph whose nodes fail, or may fail, at random.
    struct Graph {
        var parents: [[Int]] = []
        var fails: Set<Int> = []
        var continues: Set<Int> = []

        init(nodes: Int, using random: inout SeededRandom) {
            for node in 0..<nodes {
                let most = min(node, 4)
                let count = most == 0 ? 0 : Int.random(in: 0...most, using: &random)
                parents.append(Array(Set((0..<count).map { _ in Int.random(in: 0..<node, using: &random) })).sorted())
                if Int.random(in: 0..<8, using: &random) == 0 { fails.insert(node) }
                if Int.random(in: 0..<4, using: &random) == 0 { continues.insert(node) }
            }
        }

        func text(name: String) -> String {
            var writer = JSONWriter()
            writer.object { workflow in
                workflow.field("name", name)
                workflow.key("nodes")
                workflow.array { list in
                    for node in parents.indices {
                        list.object { object in
                            object.field("id", "n\(node)")
                            object.field("task", fails.contains(node) ? "demo.fail" : "demo.noop")
                            if fails.contains(node) { object.fieldRaw("input", #"{"message": "m", "permanent": true}"#) }
                            if continues.contains(node) { object.field("on_failure", "continue") }
                            object.key("depends_on")
                            object.array { array in for parent in parents[node] { array.value("n\(parent)") } }
                        }
                    }
                }
            }
            return writer.text
        }

        /// What must become of each node, by the rules as they are written down and not as they are carried out.
        var expected: [TaskState] {
            var states: [TaskState] = []
            for node in parents.indices {
                let above = parents[node]
                if above.contains(where: { states[$0] == .failed && !continues.contains($0) }) {
                    states.append(.skipped)
                } else if !above.isEmpty, above.allSatisfy({ states[$0] == .skipped }) {
                    states.append(.skipped)
                } else {
                    states.append(fails.contains(node) ? .failed : .succeeded)
                }
            }
            return states
        }
    }

    @Test("exactly the right nodes are skipped, and none begins before its parents have ended", arguments: DatabaseKind.available)
    func random(kind: DatabaseKind) async throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("random graphs on \(kind): seed \(seed)")
        var random = SeededRandom(seed: seed)
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database)
            var graphs: [(graph: Graph, run: Int64)] = []
            for index in 0..<12 {
                let graph = Graph(nodes: Int.random(in: 1...60, using: &random), using: &random)
                try await harness.register(graph.text(name: "g\(index)"))
                graphs.append((graph, try await harness.start("g\(index)")))
            }
            try await harness.engine.run { _ async throws in
                for (index, (graph, run)) in graphs.enumerated() {
                    let state = try await harness.end(of: run)
                    let expected = graph.expected
                    #expect(try await database.states(of: run) == expected, "seed \(seed), graph \(index)")
                    let isFailed = expected.indices.contains { expected[$0] == .failed && !graph.continues.contains($0) }
                    #expect(state == (isFailed ? .failed : .succeeded), "seed \(seed), graph \(index)")
                    try await expectOrder(database, graph, run, "seed \(seed), graph \(index)")
                }
            }
        }
    }

    private func expectOrder(_ database: any Database, _ graph: Graph, _ run: Int64, _ comment: String) async throws {
        let times = try await database.read { connection in
            try connection.rows(
                "SELECT started_at, finished_at, claim FROM tasks WHERE run_id = \(run) ORDER BY node"
            ) { (started: $0.intOrNil(0), finished: $0.int(1), claims: $0.int(2)) }
        }
        for (node, time) in times.enumerated() {
            #expect(time.claims == (time.started == nil ? 0 : 1), "\(comment), node \(node)")
            for parent in graph.parents[node] {
                if let started = time.started { #expect(times[parent].finished <= started, "\(comment), node \(node)") }
            }
        }
    }

    @Test("levels of 50 nodes that all depend on all of the level above run level by level", arguments: DatabaseKind.available)
    func layers(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database, slots: 50)
            let (levels, width) = (20, 50)
            var nodes: [String] = []
            for level in 0..<levels {
                let above = level == 0 ? "" : (0..<width).map { "\"n\(level - 1)-\($0)\"" }.joined(separator: ",")
                for index in 0..<width { nodes.append(#"{"id":"n\#(level)-\#(index)","task":"demo.noop","depends_on":[\#(above)]}"#) }
            }
            try await harness.register(#"{"name":"layers","nodes":[\#(nodes.joined(separator: ","))]}"#)
            try await harness.engine.run { _ async throws in
                let begin = ContinuousClock.now
                let run = try await harness.start("layers")
                #expect(try await harness.end(of: run) == .succeeded)
                print("20 levels of 50 nodes on \(kind): \(begin.duration(to: .now))")
                let overlaps = try await database.count(
                    """
                    SELECT COUNT(*) FROM (SELECT node / 50 AS level, MIN(started_at) AS first, MAX(finished_at) AS last FROM tasks GROUP BY node / 50) AS a
                    JOIN (SELECT node / 50 AS level, MIN(started_at) AS first, MAX(finished_at) AS last FROM tasks GROUP BY node / 50) AS b
                        ON b.level = a.level + 1 AND b.first < a.last
                    """)
                #expect(overlaps == 0)
            }
        }
    }

    @Test("a chain runs link after link", arguments: DatabaseKind.available, [20, 100])
    func chain(kind: DatabaseKind, length: Int) async throws {
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database)
            let nodes = (0..<length).map { #"{"id":"n\#($0)","task":"demo.noop","depends_on":[\#($0 == 0 ? "" : "\"n\($0 - 1)\"")]}"# }
            try await harness.engine.run { _ async throws in
                let (run, state) = try await harness.run(#"{"name":"chain","nodes":[\#(nodes.joined(separator: ","))]}"#)
                #expect(state == .succeeded)
                #expect(try await database.states(of: run) == Array(repeating: .succeeded, count: length))
            }
        }
    }

    @Test("a chain below a failure is skipped in one transaction", arguments: DatabaseKind.available)
    func skippedChain(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database)
            let nodes = (0..<100).map { #"{"id":"n\#($0)","task":"demo.noop","depends_on":[\#($0 == 0 ? "" : "\"n\($0 - 1)\"")]}"# }
            try await harness.register(#"{"name":"chain","nodes":[\#(nodes.joined(separator: ","))]}"#)
            let run = try await harness.start("chain")
            let first = try await database.nodes(of: run)[0].task
            _ = try await harness.engine.service.cancel(task: first, tenant: RunHarness.tenant)
            #expect(try await database.states(of: run) == [.cancelled] + Array(repeating: .skipped, count: 99))
            #expect(try await database.run(run).state == .failed)
        }
    }
}
