import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSONText
import NIOCore
import Storage
import TaskEngine
import TestSupport
import Testing
import WebAPI
import WebCore

@Suite("Artifacts over HTTP", .timeLimit(.minutes(2)))
struct ArtifactTests {
    /// Stores an artifact of the next task that is ready.
    private func store(_ api: TestAPI, _ files: [(name: String, text: String)]) async throws -> ClaimedTask {
        let task = try await api.claimOne()
        for (name, text) in files {
            let upload = try await api.blobs.receive()
            try await upload.write(Array(text.utf8))
            let blob = try await api.blobs.place(upload, tenant: task.tenant, now: 1)
            let new = NewArtifact(
                tenant: task.tenant, task: task.id, claim: task.claim, worker: task.worker, name: name, contentType: "text/html",
                blob: blob, createdAt: 1_767_225_600_000_000)
            let blobs = api.blobs
            #expect(try await api.database.write { try StoreArtifact.store(new, blobs: blobs, on: $0) } == .stored)
        }
        return task
    }

    @Test("the files of a task are listed page by page, and downloaded as what they are", arguments: DatabaseKind.available)
    func ofTask(kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let id = try await api.submit()
            _ = try await store(api, [("b ü\".html", "<script>"), ("a", ""), ("c", "ccc")])
            let first = try await api.get("/v1/tasks/\(id)/artifacts?limit=2")
            #expect(try first.rows.map { $0["name"]?.string } == ["a", "b ü\".html"])
            let row = try #require(try first.rows.last)
            #expect(row.keys == ["name", "content_type", "size", "sha256", "created_at", "task_id", "url"])
            #expect(
                row["size"]?.int64 == 8 && row["created_at"]?.string?.hasPrefix("2026-01-01T00:00:00") == true
                    && row["task_id"]?.int64 == id)
            let cursor = try #require(try first.json["next_cursor"]?.string)
            #expect(try await api.get("/v1/tasks/\(id)/artifacts?limit=2&cursor=\(cursor)").rows.map { $0["name"]?.string } == ["c"])

            let path = try #require(row["url"]?.string)
            #expect(path == "/v1/tasks/\(id)/artifacts/b%20%C3%BC%22.html")
            let file = try await api.get(path)
            #expect(file.status == 200 && file.text == "<script>")
            #expect(file.headers[.contentType] == "text/html")
            #expect(file.headers[.contentDisposition] == "attachment; filename=\"b __.html\"; filename*=UTF-8''b%20%C3%BC%22.html")
            #expect(file.headers[.xContentTypeOptions] == "nosniff")
            #expect(file.headers[.contentSecurityPolicy] == "default-src 'none'; sandbox; frame-ancestors 'none'")
            #expect(file.headers[.contentLength] == "8")
            #expect(try await api.get("/v1/tasks/\(id)/artifacts/a").text == "")
        }
    }

    @Test("a part is had for the asking, and what one has already is not sent again")
    func ranges() async throws {
        try await TestAPI.with(.sqlite) { api in
            let id = try await api.submit()
            _ = try await store(api, [("f", "0123456789")])
            let path = "/v1/tasks/\(id)/artifacts/f"
            let whole = try await api.get(path)
            let tag = try #require(whole.headers[.eTag])
            func get(_ headers: HTTPFields) async throws -> Answer { try await api.send(.get, path, headers: headers) }
            let part = try await get([.range: "bytes=2-4"])
            #expect(part.status == 206 && part.text == "234" && part.headers[.contentRange] == "bytes 2-4/10")
            let behind = try await get([.range: "bytes=10-"])
            #expect(behind.status == 416 && behind.headers[.contentRange] == "bytes */10")
            #expect(try await get([.range: "bytes=2-4", .ifRange: tag]).status == 206)
            #expect(try await get([.range: "bytes=2-4", .ifRange: "\"other\""]).text == "0123456789")
            let known = try await get([.ifNoneMatch: "\"x\", W/\(tag)"])
            #expect(known.status == 304 && known.text.isEmpty && known.headers[.eTag] == tag)
            #expect(try await get([.ifNoneMatch: "\"x\""]).status == 200)
        }
    }

    @Test("the files of a run say which node stored them", arguments: DatabaseKind.available)
    func ofRun(kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            try await api.registerDiamond()
            let run = try await api.start(#"{"workflow_id": "diamond", "params": {"target": "x"}, "job_run_id": "mine"}"#)
            let task = try await store(api, [("scan.json", "{}")])
            for name in ["\(run)", "mine"] {
                let rows = try await api.get("/v1/workflow_runs/\(name)/artifacts").rows
                #expect(rows.map { $0["node"]?.string } == ["scan"] && rows.map { $0["task_id"]?.int64 } == [task.id])
                #expect(rows[0]["url"]?.string == "/v1/workflow_runs/\(run)/artifacts/scan.json")
                #expect(try await api.get("/v1/workflow_runs/\(name)/artifacts/scan.json").text == "{}")
            }
            #expect(try await api.get("/v1/tasks/\(task.id)/artifacts").rows.count == 1)
            #expect(try await api.get("/v1/tasks/\(task.id)/artifacts/scan.json").text == "{}")
        }
    }

    @Test("what is not there, or another tenant's, is not found", arguments: DatabaseKind.available)
    func unknown(kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            let id = try await api.submit()
            let other = try await api.database.submit(.sample(tenant: "other"))
            _ = try await store(api, [("f", "1")])
            _ = try await store(api, [("g", "2")])
            for path in [
                "/v1/tasks/\(id)/artifacts/none", "/v1/tasks/\(id)/artifacts/a%2Fb", "/v1/tasks/\(other)/artifacts",
                "/v1/tasks/\(other)/artifacts/g", "/v1/tasks/999999/artifacts", "/v1/workflow_runs/\(other)/artifacts",
                "/v1/workflow_runs/\(other)/artifacts/g", "/v1/workflow_runs/\(id)/artifacts/f", "/v1/tasks/\(id)/artifacts/%00",
            ] {
                #expect(try await api.get(path).problemCode == "not_found", "\(path)")
            }
            #expect(try await api.get("/v1/tasks/\(id)/artifacts?sort=1").problemCode == "invalid_query")
            #expect(try await api.get("/v1/tasks/\(id)/artifacts/f?x=1").problemCode == "invalid_query")
        }
    }
}
