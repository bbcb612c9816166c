import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Artifacts of runs", .timeLimit(.minutes(2)))
struct RunArtifactTests {
    private static let list = """
        {"name": "w", "parameters": [{"name": "list", "type": "array"}], "nodes": [
            {"id": "each", "task": "test.long", "foreach": "${params.list}", "input": "${item}"},
            {"id": "end", "task": "test.read", "depends_on": ["each"], "input": {"name": "${nodes.each.output.artifact}"}}]}
        """

    private func harness(_ files: ArtifactHarness, length: Int = 100_000) async throws -> RunHarness {
        try await RunHarness(files.database, artifacts: files.store) { registry in
            registry.register(name: "test.long") { input, _ in
                input == "0" ? nil : "[\(input),\"\(String(repeating: "x", count: length))\"]"
            }
            registry.register(name: "test.store") { input, context in
                try await context.artifacts.write("shared.txt", Array(input.utf8))
                return nil
            }
            registry.register(name: "test.read") { input, context in
                let name = try JSONDocument(parsing: input).root["name"]?.string ?? ""
                let bytes = try await context.artifacts.read(name)
                return name == "shared.txt"
                    ? String(decoding: bytes, as: UTF8.self) : String(try JSONDocument(parsing: bytes).root.elements.count)
            }
        }
    }

    @Test("outputs of a list that are too long together are stored as an artifact, in their order", arguments: DatabaseKind.available)
    func longList(kind: DatabaseKind) async throws {
        try await ArtifactHarness.with(kind) { files in
            let harness = try await harness(files)
            try await harness.engine.run { _ in
                let elements = (0..<70).map(String.init).joined(separator: ",")
                let (run, state) = try await harness.run(Self.list, params: "{\"list\": [\(elements)]}")
                let nodes = try await files.database.nodes(of: run)
                #expect(state == .succeeded, "\(nodes.map { $0.errorMessage })")
                #expect(nodes[1].output == "70")
                let output = try JSONDocument(parsing: nodes[0].output ?? "null").root
                #expect(output["artifact"]?.string == "each.output.json")
                let opened = try await files.store.open(
                    RunHarness.tenant,
                    find: { try ReadArtifacts.find("each.output.json", of: .scope(run), tenant: RunHarness.tenant, on: $0) },
                    sha256: \.artifact.sha256)
                let (detail, file) = try #require(opened)
                #expect(detail.artifact.sha256 == output["sha256"]?.string && detail.artifact.size == output["size"]?.int64)
                let array = try JSONDocument(parsing: try await file.read(from: 0, count: Int(file.size))).root
                #expect(array.elements.map { $0.elements.first?.int64 } == [nil] + (1..<70).map { Int64($0) })
                #expect(try await Doctor(database: files.database, pause: {}).examine().isClean)
            }
        }
    }

    @Test("outputs that fit are the node's output, as ever", arguments: DatabaseKind.available)
    func shortList(kind: DatabaseKind) async throws {
        try await ArtifactHarness.with(kind) { files in
            let harness = try await harness(files, length: 10)
            try await harness.engine.run { _ in
                let (run, _) = try await harness.run(Self.list, params: "{\"list\": [0, 1]}")
                #expect(try await files.database.nodes(of: run)[0].output == "[null,[1,\"xxxxxxxxxx\"]]")
                #expect(try files.files() == (0, 0))
            }
        }
    }

    @Test("a long list that cannot be stored fails its node, and a retry stores it", arguments: DatabaseKind.available)
    func retried(kind: DatabaseKind) async throws {
        try await ArtifactHarness.with(kind) { files in
            let params = "{\"list\": [\((0..<20).map(String.init).joined(separator: ","))]}"
            var run: Int64 = 0
            let without = try await RunHarness(files.database) { registry in
                registry.register(name: "test.long") { input, _ in "[\(input),\"\(String(repeating: "x", count: 100_000))\"]" }
                registry.register(name: "test.read") { _, _ in nil }
            }
            try await without.engine.run { _ in
                run = try await without.run(Self.list, params: params).id
                let nodes = try await files.database.nodes(of: run)
                #expect(nodes.map(\.state) == [.failed, .skipped])
                #expect(nodes[0].errorCode == "artifacts_unavailable")
            }
            let harness = try await harness(files)
            try await harness.engine.run { _ in
                _ = try await harness.service.retry(run: run, tenant: RunHarness.tenant)
                #expect(try await harness.end(of: run) == .succeeded)
                #expect(try await files.database.nodes(of: run)[1].output == "20")
                #expect(try await files.database.nodes(of: run, elements: true).count == 22)
            }
        }
    }

    @Test("nodes read what other nodes stored, and none takes another's name", arguments: DatabaseKind.available)
    func shared(kind: DatabaseKind) async throws {
        try await ArtifactHarness.with(kind) { files in
            let harness = try await harness(files)
            try await harness.engine.run { _ in
                let (run, state) = try await harness.run(
                    """
                    {"name": "w", "nodes": [
                        {"id": "first", "task": "test.store", "input": {"from": "first"}},
                        {"id": "read", "task": "test.read", "depends_on": ["first"], "input": {"name": "shared.txt"}},
                        {"id": "second", "task": "test.store", "depends_on": ["first"], "input": {"from": "second"}}]}
                    """)
                #expect(state == .failed)
                let nodes = try await files.database.nodes(of: run)
                #expect(nodes[1].output == #"{"from":"first"}"#)
                #expect(nodes[2].errorCode == "artifact_name_taken" && nodes[2].attempt == 1)
                #expect(nodes[2].errorMessage?.contains("task \(nodes[0].task)") == true)
            }
        }
    }

    @Test("a run that has its most artifacts stores no more", arguments: DatabaseKind.available)
    func most(kind: DatabaseKind) async throws {
        try await ArtifactHarness.with(kind, mostOfRun: 2) { files in
            let harness = try await RunHarness(files.database, artifacts: files.store) { registry in
                registry.register(name: "test.store") { input, context in
                    try await context.artifacts.write(try JSONDocument(parsing: input).root["name"]?.string ?? "", [1])
                    return nil
                }
            }
            try await harness.engine.run { _ in
                let (run, state) = try await harness.run(
                    """
                    {"name": "w", "nodes": [
                        {"id": "a", "task": "test.store", "input": {"name": "a"}},
                        {"id": "b", "task": "test.store", "input": {"name": "b"}, "depends_on": ["a"]},
                        {"id": "c", "task": "test.store", "input": {"name": "c"}, "depends_on": ["b"]}]}
                    """)
                #expect(state == .failed)
                let nodes = try await files.database.nodes(of: run)
                #expect(nodes.map(\.state) == [.succeeded, .succeeded, .failed])
                #expect(nodes[2].errorCode == "too_many_artifacts" && nodes[2].attempt == 1)
                #expect(try files.files() == (1, 0))
            }
        }
    }

    @Test("the artifacts of a run go with it", arguments: DatabaseKind.available)
    func pruned(kind: DatabaseKind) async throws {
        try await ArtifactHarness.with(kind) { files in
            let harness = try await harness(files)
            try await harness.engine.run { _ in
                let run = try await harness.run(#"{"name": "w", "nodes": [{"id": "a", "task": "test.store"}]}"#).id
                #expect(try await files.references() == [1])
                let result = try await files.database.write { try PruneRuns.prune(run, endedBefore: .max, on: $0) }
                #expect(result?.isGone == true && result?.tasks == 1)
                #expect(try await files.references() == [])
                #expect(try await files.database.count("SELECT COUNT(*) FROM artifacts") == 0)
            }
        }
    }
}
