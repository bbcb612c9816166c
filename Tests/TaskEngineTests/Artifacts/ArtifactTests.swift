import Storage
import Synchronization
import TaskEngine
import TestSupport
import Testing

@Suite("Artifacts of handlers", .timeLimit(.minutes(2)))
struct ArtifactTests {
    @Test("what was written is read again, listed and found, however large", arguments: DatabaseKind.available)
    func writesAndReads(kind: DatabaseKind) async throws {
        try await ArtifactHarness.with(kind) { harness in
            let big = (0..<(5 << 19)).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let task = try await harness.run { context in
                let small = try await context.artifacts.write("ü.txt", Array("hello".utf8), contentType: "text/plain")
                #expect(
                    small == Artifact(name: "ü.txt", contentType: "text/plain", size: 5, sha256: ContentDigest.sha256(Array("hello".utf8))))
                try await context.artifacts.write("empty", [])
                try await context.artifacts.write("big") { file in
                    for start in stride(from: 0, to: big.count, by: 70_001) {
                        try await file.write(big[start..<min(start + 70_001, big.count)])
                    }
                }
                #expect(try await context.artifacts.read("big") == big)
                #expect(try await context.artifacts.read("empty") == [])
                var pieces: [Int] = []
                for try await piece in try await context.artifacts.open("big") { pieces.append(piece.count) }
                #expect(pieces == [1 << 20, 1 << 20, 1 << 19])
                #expect(try await context.artifacts.list().map(\.name) == ["big", "empty", "ü.txt"])
                #expect(try await context.artifacts.list(after: "big").map(\.name) == ["empty", "ü.txt"])
                #expect(try await context.artifacts.find("ü.txt") == small)
                #expect(try await context.artifacts.find("other") == nil)
            }
            #expect(try await harness.database.count("SELECT COUNT(*) FROM artifacts WHERE scope = \(task) AND task_id = \(task)") == 3)
            #expect(try harness.files() == (3, 0))
        }
    }

    @Test("what a handler did not finish leaves nothing, and what it stored before it failed stays", arguments: DatabaseKind.available)
    func failure(kind: DatabaseKind) async throws {
        try await ArtifactHarness.with(kind) { harness in
            let task = try await harness.run(until: .failed) { context in
                try await context.artifacts.write("kept", [1])
                try await context.artifacts.write("lost") { file in
                    try await file.write([UInt8](repeating: 1, count: 3 << 20))
                    throw TaskFailure.permanent(code: "boom", "no")
                }
            }
            #expect(try await harness.database.task(task).errorCode == "boom")
            #expect(try harness.files() == (1, 0))
        }
    }

    @Test("a later attempt's file replaces the earlier one's, whose bytes go with the next sweep", arguments: DatabaseKind.available)
    func replaces(kind: DatabaseKind) async throws {
        try await ArtifactHarness.with(kind) { harness in
            try await harness.run { context in
                try await context.artifacts.write("report", Array("attempt \(context.attempt)".utf8))
                if context.attempt == 1 { throw TaskError(code: "again", message: "once more") }
                #expect(try await context.artifacts.read("report") == Array("attempt 2".utf8))
            }
            #expect(try await harness.database.count("SELECT COUNT(*) FROM artifacts") == 1)
            #expect(try await harness.references() == [1])
            try await harness.blobs.removeMarked()
            #expect(try harness.files() == (1, 0))
        }
    }

    @Test(
        "refusals say what is wrong, and no retry follows where none helps",
        arguments: [
            ("", "invalid_artifact"), ("a/b", "invalid_artifact"), ("a\\b", "invalid_artifact"), ("..", "invalid_artifact"),
            ("a\nb", "invalid_artifact"), (String(repeating: "ü", count: 128), "invalid_artifact"), ("large", "artifact_too_large"),
        ])
    func refuses(name: String, code: String) async throws {
        try await ArtifactHarness.with(.sqlite, mostBytes: 1000) { harness in
            let task = try await harness.run(until: .failed) { context in
                try await context.artifacts.write(name, [UInt8](repeating: 0, count: name == "large" ? 1001 : 1000))
            }
            let stored = try await harness.database.task(task)
            #expect(stored.errorCode == code && stored.attempt == 1)
            #expect(try harness.files() == (0, 0))
        }
    }

    @Test("names up to 255 bytes are taken")
    func longName() async throws {
        try await ArtifactHarness.with(.sqlite, mostBytes: 1000) { harness in
            try await harness.run { try await $0.artifacts.write(String(repeating: "x", count: 255), [UInt8](repeating: 0, count: 1000)) }
        }
    }

    @Test("what is not there is not read, a bad content type not taken, and too many open ones are refused")
    func otherRefusals() async throws {
        try await ArtifactHarness.with(.sqlite) { harness in
            let codes = Mutex<[String]>([])
            try await harness.run { context in
                func code(_ body: () async throws -> Void) async {
                    do { try await body() } catch TaskFailure.permanent(let error) { codes.withLock { $0.append(error.code) } } catch {
                        codes.withLock { $0.append("\(error)") }
                    }
                }
                await code { _ = try await context.artifacts.read("none") }
                await code { try await context.artifacts.write("a", [1], contentType: "text/plain\r\nX: y") }
                try await context.artifacts.write("a", [1, 2])
                await code { _ = try await context.artifacts.read("a", limit: 1) }
                for _ in 0..<16 { _ = try await context.artifacts.open("a") }
                await code { _ = try await context.artifacts.open("a") }
            }
            #expect(codes.withLock { $0 } == ["artifact_not_found", "invalid_artifact", "artifact_too_large", "too_many_artifacts"])
        }
    }

    @Test("an engine without a data directory says so")
    func unavailable() async throws {
        try await withDatabase(.sqlite) { database in
            let harness = try await EngineHarness(database) { registry in
                registry.register(name: "test.files") { _, context in
                    try await context.artifacts.write("a", [1])
                    return nil
                }
            }
            try await harness.run { engine in
                let id = try await engine.submit(.init(type: "test.files", maxRetries: 0))
                try await engine.wait(for: id, .failed)
                #expect(try await database.task(id).errorCode == "artifacts_unavailable")
            }
        }
    }

    @Test("a handler's own test keeps artifacts in memory")
    func testing() async throws {
        let context = TaskContext.forTesting()
        try await context.artifacts.write("a", Array("hello".utf8), contentType: "text/plain")
        try await context.artifacts.write("b", [])
        #expect(try await context.artifacts.read("a") == Array("hello".utf8))
        #expect(try await context.artifacts.list(after: "a").map(\.name) == ["b"])
    }
}
