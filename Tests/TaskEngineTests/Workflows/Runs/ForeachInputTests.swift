import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Inputs of elements", .timeLimit(.minutes(1)))
struct ForeachInputTests {
    @Test("a small definition cannot make more inputs than the writer bears", arguments: DatabaseKind.available)
    func tooLarge(kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            let harness = try await RunHarness(database)
            try await harness.engine.run { _ in
                let definition = """
                    {"name": "w", "parameters": [{"name": "big", "type": "string"}, {"name": "list", "type": "array"}], "nodes": [
                        {"id": "each", "task": "demo.noop", "foreach": "${params.list}", "input": ["${params.big}", "${item}"]}]}
                    """
                let big = String(repeating: "x", count: 200_000)
                func params(_ elements: Int) -> String {
                    "{\"big\": \"\(big)\", \"list\": [\(Array(repeating: "1", count: elements).joined(separator: ","))]}"
                }
                #expect(try await harness.run(definition, params: params(3)).state == .succeeded)
                let (run, state) = try await harness.run(definition, params: params(200))
                #expect(state == .failed)
                let nodes = try await database.nodes(of: run, elements: true)
                #expect(nodes.map(\.errorCode) == ["inputs_too_large"])
                #expect(nodes[0].errorMessage?.contains("33554432 bytes") == true)
            }
        }
    }
}
