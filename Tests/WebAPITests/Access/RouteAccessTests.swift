import HTTPTypes
import JSONText
import TestSupport
import Testing
import WebCore

/// Every route of the server against every kind of caller. The list of routes is the server's own: one that is not in the table below
/// fails the test.
@Suite("Who may use which route", .timeLimit(.minutes(5)))
struct RouteAccessTests {
    /// Method, path, and the least that the caller must be.
    private static let table = """
        GET /livez open
        GET /readyz open
        GET /health open
        GET /version open
        GET /worker/health open
        GET /metrics metrics
        GET /me known
        GET /login open
        POST /login open
        POST /logout open
        POST /tokens admin
        GET /tokens admin
        GET /tokens/{id} admin
        DELETE /tokens/{id} admin
        POST /tasks operator
        POST /tasks/batch operator
        GET /tasks viewer
        GET /tasks/{id} viewer
        GET /tasks/{id}/status viewer
        GET /worker/tasks/{id} viewer
        GET /tasks/{id}/logs viewer
        GET /tasks/{id}/why viewer
        POST /tasks/{id}/cancel operator
        POST /tasks/{id}/retry operator
        POST /tasks/retry operator
        POST /tasks/cancel operator
        GET /tasks/{id}/artifacts viewer
        GET /tasks/{id}/artifacts/{name} viewer
        POST /workflows admin
        GET /workflows viewer
        GET /workflows/{name} viewer
        GET /workflows/{name}/graph.svg viewer
        GET /workflows/{name}/{version} viewer
        POST /workflow_runs operator
        GET /workflow_runs viewer
        GET /workflow_runs/stats viewer
        GET /workflow_runs/{id} viewer
        DELETE /workflow_runs/{id} operator
        POST /workflow_runs/{id}/retry operator
        POST /workflow_runs/{id}/restart operator
        POST /workflow_runs/{id}/events operator
        GET /workflow_runs/{id}/logs viewer
        GET /workflow_runs/{id}/graph.svg viewer
        GET /workflow_runs/{id}/nodes/{node}/elements viewer
        GET /workflow_runs/{id}/artifacts viewer
        GET /workflow_runs/{id}/artifacts/{name} viewer
        GET /secrets viewer
        POST /secrets/rotate platform
        GET /secrets/{name} viewer
        PUT /secrets/{name} admin
        DELETE /secrets/{name} admin
        GET /queues viewer
        POST /queues/{name}/pause admin
        POST /queues/{name}/resume admin
        GET /pools viewer
        PATCH /pools/{name} platform
        POST /schedules admin
        GET /schedules viewer
        POST /schedules/preview viewer
        GET /schedules/{id} viewer
        PATCH /schedules/{id} admin
        DELETE /schedules/{id} admin
        POST /schedules/{id}/pause admin
        POST /schedules/{id}/resume admin
        POST /schedules/{id}/run operator
        GET /schedules/{id}/firings viewer
        GET /doctor platform
        POST /uploads operator
        GET /uploads viewer
        GET /uploads/{id} viewer
        DELETE /uploads/{id} admin
        GET /runs viewer
        GET /runs/{id} viewer
        GET /runs/{id}/files viewer
        GET /runs/{id}/stanzas viewer
        GET /runs/{id}/problems viewer
        POST /runs/{id}/parse operator
        POST /runs/{id}/cancel operator
        GET /runs/{id}/diff viewer
        GET /runs/{id}/effective viewer
        GET /runs/{id}/inputs viewer
        GET /runs/{id}/indexes viewer
        GET /runs/{id}/outputs viewer
        GET /runs/{id}/serverclasses viewer
        GET /runs/{id}/props viewer
        GET /runs/{id}/transforms viewer
        """

    private struct Row {
        let method: String
        let path: String
        let need: String

        /// With ids and names that nothing has.
        var filled: String {
            (path.hasPrefix("/log") ? "" : "/v1")
                + path.replacing("{id}", with: "987654321").replacing("{name}", with: "nothing").replacing("{node}", with: "nothing")
                .replacing("{version}", with: "1")
        }
    }

    private enum Kind: CaseIterable {
        case nobody, expired, viewer, `operator`, admin, platform, worker, metrics
    }

    private static var rows: [Row] {
        table.split(separator: "\n").map { line in
            let words = line.split(separator: " ").map(String.init)
            return Row(method: words[0], path: words[1], need: words[2])
        }
    }

    /// Nil where the request reaches the handler.
    private static func refusal(_ row: Row, _ kind: Kind) -> Int? {
        switch (row.need, kind) {
        case ("open", _): return nil
        case (_, .nobody), (_, .expired): return 401
        case ("known", _): return nil
        case ("metrics", .metrics), ("worker", .worker): return nil
        case (_, .metrics), (_, .worker): return 403
        default:
            let need = Role(rawValue: row.need) ?? .platform
            let role: Role =
                switch kind {
                case .viewer: .viewer
                case .operator: .operator
                case .admin: .admin
                default: .platform
                }
            return role >= need ? nil : 403
        }
    }

    @Test("the table has every route of the server and no other")
    func complete() async throws {
        try await KeyedSite.with(.sqlite) { site in
            let routes = site.routes.routes.map { "\($0.method) \($0.path)" }.sorted()
            #expect(routes == Self.rows.map { "\($0.method) \($0.path)" }.sorted())
        }
    }

    @Test("each caller is let in or refused as the table says, and refused before anything else is looked at")
    func table() async throws {
        try await KeyedSite.with(.sqlite) { site in
            var tokens: [Kind: String] = [
                .expired: try site.token("acme", .platform, lifetime: .seconds(-120)), .metrics: KeyedSite.metricsToken,
            ]
            for (kind, role) in [(Kind.viewer, Role.viewer), (.operator, .operator), (.admin, .admin), (.platform, .platform)] {
                tokens[kind] = try site.token("acme", role)
            }
            let made = try await site.send(
                .post, "/v1/tokens", token: tokens[.admin], #"{"name": "gpu", "task_types": ["demo.noop"]}"#)
            tokens[.worker] = try made.json["token"]?.string
            for row in Self.rows {
                for kind in Kind.allCases {
                    let method = try #require(HTTPRequest.Method(row.method))
                    // A queue is paused for all unless the body says otherwise, which is more than an admin may.
                    let body = row.path.hasPrefix("/queues/") ? #"{"scope": "tenant"}"# : nil
                    let answer = try await site.send(method, row.filled, token: tokens[kind], body)
                    if let refusal = Self.refusal(row, kind) {
                        #expect(answer.status == refusal, "\(kind): \(row)")
                        #expect(answer.headers[.wwwAuthenticate] != nil)
                        #expect(try answer.problemCode == (refusal == 401 ? "unauthenticated" : "forbidden"))
                    } else {
                        #expect(![401, 403].contains(answer.status) && answer.status < 500, "\(kind): \(row): \(answer.text)")
                    }
                }
            }
        }
    }

    @Test("a queue is paused for all by the platform only")
    func queueForAll() async throws {
        try await KeyedSite.with(.sqlite) { site in
            for (role, status) in [(Role.admin, 403), (.platform, 200)] {
                let token = try site.token("acme", role)
                #expect(try await site.send(.post, "/v1/queues/default/pause", token: token).status == status)
            }
            let own = try await site.send(
                .post, "/v1/queues/default/pause", token: try site.token("acme", .admin), #"{"scope": "tenant"}"#)
            #expect(own.status == 200)
        }
    }

    @Test("every method, prefix and slash of a route is refused alike", arguments: ["/v1", "/api", ""], ["", "/"])
    func spellings(_ prefix: String, _ slash: String) async throws {
        try await KeyedSite.with(.sqlite) { site in
            for method in [HTTPRequest.Method.get, .head] {
                #expect(try await site.send(method, "\(prefix)/tasks\(slash)", token: nil).status == 401)
            }
            let answer = try await site.send(.post, "\(prefix)/tasks\(slash)", token: nil, "{}")
            #expect(answer.status == 401)
        }
    }

    @Test("whoever does not say who it is sees status and counts of the workers, and nothing by name")
    func health() async throws {
        try await KeyedSite.with(.sqlite) { site in
            let open = try await site.send(.get, "/v1/worker/health", token: nil)
            #expect(try open.json.keys == ["status", "workers", "active_tasks", "queued_tasks", "queued_tasks_more"])
            let whole = try await site.send(.get, "/v1/worker/health", token: try site.token("acme", .viewer))
            #expect(try whole.json["workers_detail"] != nil)
        }
    }
}
