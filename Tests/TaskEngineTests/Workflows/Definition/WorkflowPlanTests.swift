import JSONText
import TaskEngine
import Testing

@Suite("Workflow plans", .timeLimit(.minutes(1)))
struct WorkflowPlanTests {
    @Test("a diamond has three levels, one root and one leaf")
    func diamond() throws {
        let plan = try WorkflowFixtures.plan(
            WorkflowFixtures.text([("outputs", ["a", "b"]), ("a", ["scan"]), ("b", ["scan"]), ("scan", [])]))
        #expect(plan.parents == [[1, 2], [3], [3], []])
        #expect(plan.children == [[], [0], [0], [1, 2]])
        #expect(plan.levels == [2, 1, 1, 0])
        #expect(plan.roots == [3] && plan.leaves == [0])
        #expect(plan.index(of: "b") == 2 && plan.index(of: "c") == nil)
        #expect(plan.order.first == 3 && plan.order.last == 0 && Set(plan.order) == [0, 1, 2, 3])
    }

    @Test("the level of a node is the longest way to it")
    func levels() throws {
        let plan = try WorkflowFixtures.plan(WorkflowFixtures.text([("a", []), ("b", ["a"]), ("c", ["b"]), ("d", ["a", "c"]), ("e", [])]))
        #expect(plan.levels == [0, 1, 2, 3, 0])
        #expect(plan.roots == [0, 4] && plan.leaves == [3, 4])
    }

    @Test("a plan tells which outputs each expression reads")
    func reads() throws {
        let plan = try WorkflowFixtures.plan(WorkflowFixtures.everything)
        #expect(plan.reads[0] == .init(input: [], when: [], foreach: []))
        #expect(plan.reads[1] == .init(input: [], when: [], foreach: [0]))
        #expect(plan.reads[2] == .init(input: [], when: [0], foreach: []))
        #expect(plan.reads[4] == .init(input: [1], when: [], foreach: []))
    }

    @Test("20 full levels of 50 nodes make 47,500 edges, each stored once in either direction")
    func layers() throws {
        let plan = try WorkflowFixtures.plan(WorkflowFixtures.layers(20, width: 50))
        #expect(plan.nodes.count == 1000 && plan.levels.max() == 19)
        #expect(plan.parents.map(\.count).reduce(0, +) == 47_500 && plan.children.map(\.count).reduce(0, +) == 47_500)
        #expect(plan.leaves == Array(950..<1000) && plan.roots == Array(0..<50))
    }

    @Test("10,000 nodes are taken, one more is not")
    func nodeLimit() throws {
        func star(_ count: Int) -> String {
            WorkflowFixtures.text([("hub", [])] + (1..<count).map { ("n\($0)", ["hub"]) })
        }
        let plan = try WorkflowFixtures.plan(star(10_000))
        #expect(plan.children[0].count == 9_999 && plan.leaves.count == 9_999)
        #expect(
            WorkflowFixtures.problems(star(10_001)) == [
                "/nodes: has 10001 nodes, at most 10000 are allowed: use foreach, or start other workflows from its nodes"
            ])
        #expect(try WorkflowFixtures.plan(star(10_001), rules: .stored).nodes.count == 10_001)
    }

    @Test("100 levels are taken, one more is not, and a long chain needs no deep stack")
    func levelLimit() throws {
        func chain(_ count: Int) -> String { WorkflowFixtures.text((0..<count).map { ("n\($0)", $0 == 0 ? [] : ["n\($0 - 1)"]) }) }
        #expect(try WorkflowFixtures.plan(chain(100)).levels.max() == 99)
        #expect(
            WorkflowFixtures.problems(chain(101)) == ["/nodes: has 101 levels, at most 100 are allowed: start another workflow from a node"]
        )
        #expect(try WorkflowFixtures.plan(chain(10_000), rules: .stored).levels.max() == 9_999)
    }

    @Test("a cycle is named in the order of its edges")
    func cycles() {
        #expect(
            WorkflowFixtures.problems(WorkflowFixtures.text([("x", []), ("a", ["x", "c"]), ("b", ["a"]), ("c", ["b"]), ("below", ["c"])]))
                == [
                    "/nodes/2/depends_on: is part of a cycle, which could never start: b → c → a → b; take one edge out"
                ])
        let two = WorkflowFixtures.problems(WorkflowFixtures.text([("a", ["b"]), ("b", ["a"]), ("c", ["d"]), ("d", ["c"])]))
        #expect(two.count == 2 && two[0].contains("b → a → b") && two[1].contains("d → c → d"))
    }

    @Test("a cycle of 10,000 nodes is found and shortened")
    func longCycle() {
        let nodes = (0..<10_000).map { (id: "n\($0)", parents: ["n\(($0 + 9_999) % 10_000)"]) }
        let problems = WorkflowFixtures.problems(WorkflowFixtures.text(nodes))
        #expect(problems.count == 1 && problems[0].contains(" → … (9980 more) → "))
    }

    @Test("10,000 nodes take their parents from beside them as well")
    func manyBeside() throws {
        let nodes = (0..<10_000).map { "{\"id\":\"n\($0)\",\"task\":\"t\"}" }.joined(separator: ",")
        let parents = (1..<10_000).map { "\"n\($0)\":[\"n0\"]" }.joined(separator: ",")
        let plan = try WorkflowFixtures.plan("{\"name\":\"w\",\"nodes\":[\(nodes)],\"dependencies\":{\(parents)}}")
        #expect(plan.children[0].count == 9_999)
    }

    @Test("references across a whole graph cost one bit for each node and target")
    func distantReferences() throws {
        // Each node of the last level reads from every node of the first.
        var text = WorkflowFixtures.layers(20, width: 50)
        let inputs = "[" + (0..<50).map { "\"${nodes.n0-\($0).output}\"" }.joined(separator: ",") + "]"
        for node in 0..<50 { text = text.replacing("{\"id\":\"n19-\(node)\",", with: "{\"id\":\"n19-\(node)\",\"input\":\(inputs),") }
        let plan = try WorkflowFixtures.plan(text)
        #expect(plan.reads[999].input == Array(0..<50))
    }

    @Test("random graphs have the levels that a slow search finds, and random edges back are found as cycles")
    func randomGraphs() throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("seed of random graphs: \(seed)")
        var random = WorkflowRandom(seed: seed)
        for _ in 0..<200 {
            let count = Int.random(in: 1...30, using: &random)
            var parents = (0..<count).map { node in (0..<node).filter { _ in Int.random(in: 0..<4, using: &random) == 0 } }
            let names = (0..<count).map { "n\($0)" }.shuffled(using: &random)
            func text() -> String {
                WorkflowFixtures.text((0..<count).map { (names[$0], parents[$0].map { names[$0] }) }.shuffled(using: &random))
            }
            let plan = try WorkflowFixtures.plan(text())
            for (node, parents) in parents.enumerated() {
                let index = try #require(plan.index(of: names[node]))
                let levels = parents.map { plan.levels[plan.index(of: names[$0]) ?? 0] }
                #expect(plan.levels[index] == (levels.max() ?? -1) + 1)
                #expect(plan.parents[index].map { plan.nodes[$0].id } == parents.map { names[$0] })
            }
            var position = Array(repeating: 0, count: count)
            for (place, node) in plan.order.enumerated() { position[node] = place }
            #expect(plan.parents.indices.allSatisfy { node in plan.parents[node].allSatisfy { position[$0] < position[node] } })
            guard count > 1 else { continue }
            let first = Int.random(in: 0..<count - 1, using: &random)
            let last = Int.random(in: first + 1..<count, using: &random)
            parents[last].append(contentsOf: parents[last].contains(first) ? [] : [first])
            parents[first].append(last)
            let problems = WorkflowFixtures.problems(text())
            #expect(!problems.isEmpty && problems.allSatisfy { $0.contains("is part of a cycle") })
        }
    }
}

/// A generator whose seed a failing test prints.
struct WorkflowRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
