import JSONText

extension MillraceAPI {
    /// What an upload was answered.
    struct Upload: Sendable {
        let id: Int64
        let run: Int64
        let task: Int64
    }

    /// The request that `curl -F file=@name -F type=ds_etc` makes.
    static func uploadRequest(_ archive: [UInt8], filename: String = "etc.tar.gz", type: String = "ds_etc") -> HTTPRequest {
        let boundary = "------------------------5f1e2d3c4b5a6978"
        let head = """
            --\(boundary)\r\nContent-Disposition: form-data; name="file"; filename="\(filename)"\r\n\
            Content-Type: application/octet-stream\r\n\r\n
            """
        let tail = "\r\n--\(boundary)\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\n\(type)\r\n--\(boundary)--\r\n"
        return HTTPRequest(
            method: "POST", path: "/v1/uploads", contentType: "multipart/form-data; boundary=\(boundary)",
            body: Array(head.utf8) + archive + Array(tail.utf8))
    }

    /// Uploads an archive.
    /// - Returns: its ids, once it was acknowledged.
    func upload(_ archive: [UInt8]) async throws -> Upload {
        let answer = try await expect(201, Self.uploadRequest(archive))
        let json = try answer.json()
        guard let id = json["id"]?.int64, let run = json["run_id"]?.int64, let task = json["task_id"]?.int64 else {
            throw HarnessError("an upload without ids: \(answer.text)")
        }
        return Upload(id: id, run: run, task: task)
    }

    /// A run as it stands.
    func run(_ id: Int64) async throws -> JSONValue {
        try await expect(200, .get("/v1/runs/\(id)")).json()
    }

    /// Waits until the run is complete.
    /// - Throws: ``HarnessError`` at once when it failed.
    func waitForRun(_ id: Int64, within limit: Duration = .seconds(60)) async throws {
        try await waitForProgress("run \(id) is complete", within: limit) {
            let run = try await run(id)
            let status = run["status"]?.string
            if status == "failed" || status == "cancelled" { throw HarnessError("run \(id) ended: \(run.rawText)") }
            return status == "complete"
        }
    }

    /// All of a run's stanzas, page by page.
    func stanzas(of run: Int64) async throws -> [JSONValue] {
        var stanzas: [JSONValue] = []
        var cursor: String?
        repeat {
            let page = try await expect(200, .get("/v1/runs/\(run)/stanzas?limit=500" + (cursor.map { "&cursor=\($0)" } ?? ""))).json()
            stanzas += page["data"]?.elements ?? []
            cursor = page["next_cursor"]?.string
        } while cursor != nil
        return stanzas
    }
}
