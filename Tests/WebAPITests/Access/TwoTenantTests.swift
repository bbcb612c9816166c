import HTTPTypes
import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing
import WebCore

/// Tenant `acme` has one of everything; an admin of `bolt` tries to get at each. What bears a name bears one with `amber` in it.
@Suite("Two tenants", .timeLimit(.minutes(5)))
struct TwoTenantTests {
    /// What `acme` has, as it stands in paths.
    private struct Belongings {
        var task: Int64 = 0
        var run: Int64 = 0
        var schedule: Int64 = 0
        var token: Int64 = 0
        var upload: Int64 = 0
        var ingestion: Int64 = 0

        /// Ids and names for the parameters of a path; nil when it has none that belong to a tenant.
        func fill(_ path: String) -> String? {
            let id: Int64
            switch path.split(separator: "/").first ?? "" {
            case "tasks", "worker": id = task
            case "workflow_runs": id = run
            case "schedules": id = schedule
            case "tokens": id = token
            case "uploads": id = upload
            case "runs": id = ingestion
            case "workflows": return path.replacing("{name}", with: "amber-flow").replacing("{version}", with: "1")
            case "secrets": return path.replacing("{name}", with: "AMBER")
            case "queues", "pools": return nil
            default:
                Issue.record("nobody has said what \(path) is about")
                return nil
            }
            return path.replacing("{id}", with: "\(id)").replacing("{name}", with: "amber.txt").replacing("{node}", with: "amber_node")
        }

        /// The same path with what nobody has.
        static func fillUnknown(_ path: String) -> String {
            path.replacing("{id}", with: "987654321").replacing("{version}", with: "1").replacing("{node}", with: "amber_node")
                .replacing("{name}", with: path.hasPrefix("/secrets") ? "NOTHING" : path.hasPrefix("/workflows") ? "nothing" : "amber.txt")
        }
    }

    /// Bodies with which a request reaches the object that it is about.
    private static func body(_ method: HTTPRequest.Method, _ path: String) -> String? {
        switch (method, path) {
        case (.patch, "/schedules/{id}"): #"{"paused": true}"#
        case (.post, "/workflow_runs/{id}/events"): #"{"name": "go"}"#
        case (.put, _): #"{"value": "of bolt"}"#
        default: nil
        }
    }

    private static func make(_ site: KeyedSite) async throws -> Belongings {
        let admin = try site.token("acme", .admin)
        func made(_ path: String, _ body: String, _ member: String = "id") async throws -> Int64 {
            let answer = try await site.send(.post, path, token: admin, body)
            return try #require(try answer.json[member]?.int64, "\(path): \(answer.text)")
        }
        var own = Belongings()
        own.task = try await made(
            "/v1/tasks", #"{"type": "demo.noop", "tags": ["amber"], "unique_key": "amber", "metadata": {"amber": "amber"}}"#)
        try await storeArtifact(site)
        let flow = #"{"name": "amber-flow", "nodes": [{"id": "amber_node", "task": "demo.noop"}]}"#
        _ = try await made("/v1/workflows", flow, "version")
        own.run = try await made("/v1/workflow_runs", #"{"workflow_id": "amber-flow", "job_run_id": "amber-run"}"#, "workflow_run_id")
        own.schedule = try await made(
            "/v1/schedules", #"{"name": "amber-night", "cron": "0 3 * * *", "task": {"type": "demo.noop", "input": {}}}"#)
        own.token = try await made("/v1/tokens", #"{"name": "amber-ci", "role": "viewer"}"#)
        let secret = try await site.send(.put, "/v1/secrets/AMBER", token: admin, #"{"value": "amber!"}"#)
        #expect(secret.status == 201)
        let boundary = "----amber"
        let form =
            "--\(boundary)\r\nContent-Disposition: form-data; name=\"file\"; filename=\"amber.conf\"\r\n\r\n[amber]\na = 1\n\r\n"
            + "--\(boundary)\r\nContent-Disposition: form-data; name=\"type\"\r\n\r\nsingle_conf\r\n--\(boundary)--\r\n"
        let upload = try await site.send(
            .post, "/v1/uploads", token: admin, form, headers: [.contentType: "multipart/form-data; boundary=\(boundary)"])
        own.upload = try #require(try upload.json["id"]?.int64, "\(upload.text)")
        own.ingestion = try #require(try upload.json["run_id"]?.int64)
        return own
    }

    /// As a handler of the only task would.
    private static func storeArtifact(_ site: KeyedSite) async throws {
        let now = EngineClock.system.now()
        let worker = try await site.database.insertWorker(now: now)
        let task = try #require(try await site.database.claim(queue: "default", worker: worker, now: now).first)
        let upload = try await site.blobs.receive()
        try await upload.write(Array("amber".utf8))
        let blob = try await site.blobs.place(upload, tenant: task.tenant, now: now)
        let new = NewArtifact(
            tenant: task.tenant, task: task.id, claim: task.claim, worker: task.worker, name: "amber.txt", contentType: "text/plain",
            blob: blob, createdAt: now)
        let blobs = site.blobs
        let result = try await site.database.write { try StoreArtifact.store(new, blobs: blobs, on: $0) }
        #expect(result == .stored)
    }

    /// Status and body of an answer, without what differs between any two requests.
    private static func essence(_ answer: Answer, of path: String) -> String {
        var text = answer.text
        if let document = try? JSONDocument(parsing: text).root, let id = document["request_id"]?.string {
            text = text.replacing(id, with: "")
        }
        for part in path.split(separator: "/") where part.count > 3 { text = text.replacing(part, with: "…") }
        for key in ["created_at", "updated_at"] {
            if let time = (try? JSONDocument(parsing: answer.text).root)?[key]?.string { text = text.replacing(time, with: "") }
        }
        return "\(answer.status) \(text)"
    }

    @Test("what another tenant has is answered like what nobody has, on every route", arguments: DatabaseKind.available)
    func everyRoute(_ kind: DatabaseKind) async throws {
        try await KeyedSite.with(kind) { site in
            let own = try await Self.make(site)
            let (acme, bolt) = (try site.token("acme", .admin), try site.token("bolt", .platform))
            var seen = 0
            for route in site.routes.routes where route.path.contains("{") {
                guard let path = own.fill(route.path) else { continue }
                let body = Self.body(route.method, route.path)
                let unknown = Belongings.fillUnknown(route.path)
                let foreign = try await site.send(route.method, "/v1" + path, token: bolt, body)
                let nobodys = try await site.send(route.method, "/v1" + unknown, token: bolt, body)
                #expect(
                    Self.essence(foreign, of: path) == Self.essence(nobodys, of: unknown), "\(route.method) \(route.path)")
                // Here the tenant has made its own of that name; and there a second thing to compare with is asked for first.
                if !route.path.hasPrefix("/secrets"), foreign.status != 400 {
                    #expect(foreign.status == 404, "\(route.method) \(path): \(foreign.text)")
                }
                guard route.method == .get else { continue }
                // Its owner sees it all the same, after all these attempts; a list or a comparison may want more words.
                let mine = try await site.send(.get, "/v1" + path, token: acme)
                #expect(
                    [200, 400].contains(mine.status) || route.path.contains("{node}")
                        || route.path.hasPrefix("/workflow_runs/{id}/artifacts/"), "\(path): \(mine.text)")
                if mine.status == 200 { seen += 1 }
            }
            #expect(seen > 25)
            #expect(try await site.send(.get, "/v1/tasks/\(own.task)", token: acme).json["cancel_requested_at"]?.isNull == true)
            #expect(try await site.send(.get, "/v1/schedules/\(own.schedule)", token: acme).json["paused"]?.bool == false)
        }
    }

    @Test("no list shows anything of another tenant, whatever it is asked for", arguments: DatabaseKind.available)
    func lists(_ kind: DatabaseKind) async throws {
        try await KeyedSite.with(kind) { site in
            let own = try await Self.make(site)
            let (acme, bolt) = (try site.token("acme", .admin), try site.token("bolt", .admin))
            var shown = 0
            for route in site.routes.routes where route.method == .get && !route.path.contains("{") {
                let foreign = try await site.send(.get, "/v1" + route.path, token: bolt)
                #expect(!foreign.text.lowercased().contains("amber"), "\(route.path): \(foreign.text)")
                if try await site.send(.get, "/v1" + route.path, token: acme).text.lowercased().contains("amber") { shown += 1 }
            }
            #expect(shown >= 7)
            for query in [
                "workflow_run_id=\(own.run)", "workflow_run_id=amber-run", "unique_key=amber", "tag=amber", "metadata.amber=amber",
            ] {
                let answer = try await site.send(.get, "/v1/tasks?\(query)", token: bolt)
                let rows = answer.status < 400 ? try answer.rows.count : 0
                #expect(rows == 0, "\(query): \(answer.text)")
            }
            _ = try await site.send(.post, "/v1/tasks", token: acme, #"{"type": "demo.noop", "tags": ["amber"]}"#)
            let cursor = try #require(try await site.send(.get, "/v1/tasks?limit=1", token: acme).json["next_cursor"]?.string)
            let page = try await site.send(.get, "/v1/tasks?limit=1&cursor=\(cursor)", token: bolt)
            let rows = page.status < 400 ? try page.rows.count : 0
            #expect(rows == 0)
        }
    }

    @Test("a body that names what another tenant has is answered like one that names what nobody has", arguments: DatabaseKind.available)
    func bodies(_ kind: DatabaseKind) async throws {
        try await KeyedSite.with(kind) { site in
            let own = try await Self.make(site)
            let bolt = try site.token("bolt", .admin)
            for (path, body) in [
                ("/v1/workflow_runs", #"{"workflow_id": "NAME"}"#), ("/v1/workflow_runs", #"{"workflow_id": "NAME@1"}"#),
                ("/v1/schedules", #"{"name": "n", "cron": "0 3 * * *", "workflow": {"workflow_id": "NAME"}}"#),
            ] {
                let foreign = try await site.send(.post, path, token: bolt, body.replacing("NAME", with: "amber-flow"))
                let nobodys = try await site.send(.post, path, token: bolt, body.replacing("NAME", with: "nobodys-flow"))
                #expect(foreign.status == 422)
                #expect(
                    Self.essence(foreign, of: path).replacing("amber", with: "")
                        == Self.essence(nobodys, of: path).replacing("nobodys", with: ""))
            }
            // A name, a unique key or an idempotency key that another tenant has is free.
            let keys: HTTPFields = [.idempotencyKey: "amber"]
            let task = try await site.send(.post, "/v1/tasks", token: bolt, #"{"type": "demo.noop", "unique_key": "amber"}"#, headers: keys)
            #expect(task.status == 202)
            #expect(try task.json["id"]?.int64 != own.task)
            for (path, body) in [
                ("/v1/schedules", #"{"name": "amber-night", "cron": "0 3 * * *", "task": {"type": "demo.noop", "input": {}}}"#),
                ("/v1/tokens", #"{"name": "amber-ci", "role": "viewer"}"#),
                ("/v1/workflows", #"{"name": "amber-flow", "nodes": [{"id": "x", "task": "demo.noop"}]}"#),
            ] {
                #expect(try await site.send(.post, path, token: bolt, body).status == 201, "\(path)")
            }
            let run = try await site.send(
                .post, "/v1/workflow_runs", token: bolt, #"{"workflow_id": "amber-flow", "job_run_id": "amber-run"}"#)
            #expect(run.status == 202)
            #expect(try run.json["workflow_run_id"]?.int64 != own.run)
            // What is done to all of one's own is done to nothing of others.
            _ = try await site.send(.post, "/v1/tasks/cancel", token: bolt, #"{"filter": {"tag": "amber"}}"#)
            let acme = try site.token("acme", .viewer)
            #expect(try await site.send(.get, "/v1/tasks/\(own.task)", token: acme).json["state"]?.string == "running")
        }
    }
}
