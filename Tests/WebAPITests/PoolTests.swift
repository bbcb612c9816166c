import HTTPTypes
import JSONText
import Storage
import TaskEngine
import TestSupport
import Testing

@Suite("Pools over HTTP", .timeLimit(.minutes(5)))
struct PoolTests {
    @Test("pools sum what live workers grant and what runs in their queues", arguments: DatabaseKind.available)
    func list(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            try await api.insertWorker("one", pools: #"{"default":10,"extra":1}"#)
            try await api.insertWorker("two", pools: #"{"default":5}"#)
            try await api.insertWorker("gone", pools: #"{"default":99}"#, state: "dead")
            _ = try await api.submit()
            _ = try await api.claimOne()
            let answer = try await api.get("/v1/pools")
            #expect(
                answer.text
                    == #"{"data":[{"name":"default","limit":10,"slots":15,"running":1,"configured_limit":10,"override":null,"workers":2},"#
                    + #"{"name":"extra","limit":1,"slots":1,"running":0,"configured_limit":1,"override":null,"workers":1},"#
                    + #"{"name":"other","limit":0,"slots":0,"running":0,"configured_limit":null,"override":null,"workers":0}],"#
                    + #""next_cursor":null}"#)
            let page = try await api.get("/v1/pools?limit=2").json
            let cursor = try #require(page["next_cursor"]?.string)
            #expect(try await api.get("/v1/pools?limit=2&cursor=\(cursor)").rows.map { $0["name"]?.string } == ["other"])
        }
    }

    @Test("a limit is set, shown everywhere and removed again", arguments: DatabaseKind.available)
    func change(_ kind: DatabaseKind) async throws {
        try await TestAPI.with(kind) { api in
            try await api.insertWorker("one", pools: #"{"default":10}"#)
            let set = try await api.patch("/v1/pools/default", #"{"limit": 3}"#)
            #expect(set.status == 200, "\(set.text)")
            #expect(
                set.text
                    == #"{"name":"default","limit":3,"slots":10,"running":0,"configured_limit":10,"override":3,"workers":1}"#)
            #expect(try await api.get("/v1/pools").rows.first?["limit"]?.int64 == 3)
            #expect(try await api.get("/v1/queues").rows.first?["pool_limit"]?.int64 == 3)
            #expect(try await api.get("/v1/worker/health").json["pools"]?.elements.first?["limit"]?.int64 == 3)
            #expect(try await api.patch("/v1/pools/default", #"{"limit": 0}"#).json["limit"]?.int64 == 0)
            let removed = try await api.patch("/v1/pools/default", #"{"limit": null}"#).json
            #expect(removed["limit"]?.int64 == 10)
            #expect(removed["override"]?.isNull == true)
        }
    }

    @Test("a pool that only another process has can be changed, and one that is known no more can be cleared")
    func others() async throws {
        try await TestAPI.with(.sqlite) { api in
            try await api.insertWorker("one", pools: #"{"elsewhere":2}"#)
            #expect(try await api.patch("/v1/pools/elsewhere", #"{"limit": 1}"#).status == 200)
            try await api.database.write { try $0.executeScript("UPDATE workers SET state = 'dead'") }
            #expect(try await api.get("/v1/pools").rows.contains { $0["name"]?.string == "elsewhere" })
            let cleared = try await api.patch("/v1/pools/elsewhere", #"{"limit": null}"#)
            #expect(cleared.status == 200)
            #expect(try cleared.json["limit"]?.int64 == 0)
            #expect(try await !api.get("/v1/pools").rows.contains { $0["name"]?.string == "elsewhere" })
        }
    }

    @Test("a pool that nobody knows is not there", arguments: ["3", "null"])
    func unknown(_ limit: String) async throws {
        try await TestAPI.with(.sqlite) { api in
            let answer = try await api.patch("/v1/pools/no-such", #"{"limit": \#(limit)}"#)
            #expect(answer.status == 404)
            #expect(try answer.problemCode == "not_found")
        }
    }

    @Test(
        "what is no limit is refused and changes nothing",
        arguments: [
            ("{}", ["/limit"]), (#"{"limit": -1}"#, ["/limit"]), (#"{"limit": 10001}"#, ["/limit"]), (#"{"limit": "3"}"#, ["/limit"]),
            (#"{"limit": 1.5}"#, ["/limit"]), (#"{"limit": 3, "slots": 4}"#, ["/slots"]), (#"{"limits": 3}"#, ["/limit", "/limits"]),
        ])
    func refused(_ body: String, _ pointers: [String]) async throws {
        try await TestAPI.with(.sqlite) { api in
            let answer = try await api.patch("/v1/pools/default", body)
            #expect(answer.status == 422)
            #expect(try answer.pointers == pointers)
            #expect(try await api.get("/v1/pools").rows.first?["override"]?.isNull == true)
        }
    }

    @Test("without a body nothing is changed, and the path tells what it takes")
    func methods() async throws {
        try await TestAPI.with(.sqlite) { api in
            #expect(try await api.patch("/v1/pools/default", "").status == 400)
            let wrong = try await api.post("/v1/pools/default", "{}")
            #expect(wrong.status == 405)
            #expect(wrong.headers[.allow]?.contains("PATCH") == true)
        }
    }
}

extension TestAPI {
    func patch(_ path: String, _ body: String) async throws -> Answer {
        try await send(.patch, path, body: body, contentType: "application/json")
    }
}
