import HTTPTypes
import JSONText
import TaskEngine
import TestSupport
import Testing

@Suite("Differences between two runs", .timeLimit(.minutes(5)))
struct DiffTests {
    private func run(_ ingestion: IngestionHarness, _ files: [(String, String)]) async throws -> Int64 {
        try await ingestion.withEngine { try await ingestion.ingest(TarBytes(files).bytes) }
    }

    /// `change app/scope/type [stanza] key: before -> after`.
    private func text(_ rows: [JSONValue]) -> [String] {
        rows.map { row in
            let place = ["app", "scope", "conf_type"].map { row[$0]?.string ?? "-" }.joined(separator: "/")
            let values = ["before", "after"].map { row[$0]?.string ?? "nil" }.joined(separator: " -> ")
            return "\(row["change"]?.string ?? "") \(place) [\(row["stanza"]?.string ?? "")] \(row["key"]?.string ?? "-"): \(values)"
        }
    }

    @Test("settings that came, went and changed are told with where they stand", arguments: DatabaseKind.available)
    func changes(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { ingestion in
            let before = try await run(
                ingestion,
                [
                    ("etc/apps/a/local/web.conf", "[s]\nsame = 1\nold = 2\nchanged = 3\n[gone]\nx = 1\n"),
                    ("etc/apps/a/default/same.conf", "[s]\nx = 1\n"), ("etc/system/local/server.conf", "[general]\nname = n\n"),
                ])
            let after = try await run(
                ingestion,
                [
                    ("./etc/apps/a/local/web.conf", "# moved\n[s]\nnew = 4\nchanged = 5\nsame = 1\n[empty]\n"),
                    ("./etc/apps/a/default/same.conf", "[s]\nx = 1\n"), ("./etc/apps/b/local/web.conf", "[s]\ny = 1\n"),
                ])
            let path = "/v1/runs/\(before)/diff?with=\(after)"
            let rows = try await ingestion.all(path)
            #expect(
                Set(text(rows)) == [
                    "added a/local/web [empty] -: nil -> nil", "removed a/local/web [gone] x: 1 -> nil",
                    "changed a/local/web [s] changed: 3 -> 5",
                    "added a/local/web [s] new: nil -> 4", "removed a/local/web [s] old: 2 -> nil", "added b/local/web [s] y: nil -> 1",
                    "removed system/local/server [general] name: n -> nil",
                ])
            #expect(rows.count == 7)
            let changed = try #require(rows.first { $0["change"]?.string == "changed" })
            #expect(changed["before_path"]?.string == "etc/apps/a/local/web.conf" && changed["before_line"]?.int64 == 4)
            #expect(changed["after_path"]?.string == "./etc/apps/a/local/web.conf" && changed["after_line"]?.int64 == 4)
            #expect(changed["layer"]?.string == "app" && changed["tree"]?.isNull == true)

            // Any size of page gives the same, each difference once.
            for limit in 1...4 { #expect(try await ingestion.all(path, limit: limit).map(\.rawText) == rows.map(\.rawText), "\(limit)") }
            // The other way round everything is turned.
            let back = try await ingestion.all("/v1/runs/\(after)/diff?with=\(before)")
            #expect(back.count == 7 && back.count { $0["change"]?.string == "removed" } == 3)
            #expect(try await ingestion.all("/v1/runs/\(before)/diff?with=\(before)").isEmpty)

            #expect(text(try await ingestion.all(path + "&app=b")) == ["added b/local/web [s] y: nil -> 1"])
            #expect(try await ingestion.all(path + "&conf_type=server").count == 1)
            #expect(try await ingestion.all(path + "&layer=system").count == 1)
            #expect(try await ingestion.all(path + "&stanza=s", limit: 1).count == 4)
            #expect(try await ingestion.all(path + "&path=etc/apps/a/local/web.conf").count == 5)
            #expect(try await ingestion.all(path + "&path=./etc/apps/a/local/web.conf").count == 5)
        }
    }

    @Test("repeated stanzas and keys are merged before they are compared", arguments: DatabaseKind.available)
    func merged(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { ingestion in
            let before = try await run(ingestion, [("etc/apps/a/local/web.conf", "[s]\nk = 1\nk = 2\n[t]\nz = 1\n[s]\nj = 1\n")])
            let same = try await run(
                ingestion,
                [
                    ("etc/apps/a/local/web.conf", "[s]\nk = overwritten\n[t]\nz = 1\n"),
                    ("./etc/apps/a/local/web.conf", "[s]\nj = 1\nk = 2\n"),
                ])
            #expect(try await ingestion.all("/v1/runs/\(before)/diff?with=\(same)").isEmpty)
        }
    }

    @Test("the same app in another tree, of another user or in another layer is another file", arguments: DatabaseKind.available)
    func places(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { ingestion in
            let text = "[s]\nk = 1\n"
            let before = try await run(ingestion, [("etc/apps/a/local/web.conf", text), ("etc/users/eve/a/local/web.conf", text)])
            let after = try await run(
                ingestion, [("etc/deployment-apps/a/local/web.conf", text), ("etc/users/bob/a/local/web.conf", text)])
            let rows = try await ingestion.all("/v1/runs/\(before)/diff?with=\(after)", limit: 1)
            let found = rows.map { "\($0["change"]?.string ?? "") \($0["user"]?.string ?? "-") \($0["tree"]?.string ?? "-")" }
            #expect(Set(found) == ["removed - -", "added - deployment-apps", "added bob -", "removed eve -"])
            #expect(try await ingestion.all("/v1/runs/\(before)/diff?with=\(after)&user=bob").count == 1)
        }
    }

    @Test("a secret that changed is told, and its values are not")
    func secrets() async throws {
        try await IngestionHarness.with(.sqlite) { ingestion in
            let before = try await run(ingestion, [("etc/system/local/server.conf", "[sslConfig]\nsslPassword = one\nx = $7$aaa\n")])
            let after = try await run(ingestion, [("etc/system/local/server.conf", "[sslConfig]\nsslPassword = two\nx = plain\n")])
            let answer = try await ingestion.get("/v1/runs/\(before)/diff?with=\(after)")
            #expect(
                text(answer.rows) == [
                    "changed system/local/server [sslConfig] sslPassword: ******** -> ********",
                    "changed system/local/server [sslConfig] x: ******** -> plain",
                ])
            #expect(!answer.json.rawText.contains("one") && !answer.json.rawText.contains("aaa"))
        }
    }

    @Test("two uploads of a single file are compared by its name")
    func single() async throws {
        try await IngestionHarness.with(.sqlite) { ingestion in
            var runs: [Int64] = []
            for value in ["1", "2"] {
                runs.append(
                    try await ingestion.withEngine {
                        try await ingestion.ingest(Array("[s]\nk = \(value)\n".utf8), "web.conf", type: "single_conf")
                    })
            }
            #expect(text(try await ingestion.all("/v1/runs/\(runs[0])/diff?with=\(runs[1])")) == ["changed -/-/web [s] k: 1 -> 2"])
        }
    }

    @Test("many apps, files and stanzas are walked in pages without losing or repeating anything", arguments: DatabaseKind.available)
    func manyPages(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { ingestion in
            var random = SystemRandomNumberGenerator()
            func archive(_ changed: Set<Int>) -> [(String, String)] {
                (0..<40).map { app in
                    let stanzas = (0..<5).map { stanza in
                        let number = app * 5 + stanza
                        return "[s\(stanza)]\na = 1\nb = \(changed.contains(number) ? "new \(number)" : "old")\n"
                    }
                    return ("etc/apps/app\(app)/local/web.conf", stanzas.joined())
                }
            }
            let changed = Set((0..<200).filter { _ in Bool.random(using: &random) })
            let before = try await run(ingestion, archive([]))
            let after = try await run(ingestion, archive(changed).shuffled())
            let rows = try await ingestion.all("/v1/runs/\(before)/diff?with=\(after)", limit: 7)
            #expect(rows.count == changed.count)
            #expect(Set(rows.compactMap { $0["after"]?.string }) == Set(changed.map { "new \($0)" }))
        }
    }

    @Test("questions that cannot be answered are refused with what to do")
    func refusals() async throws {
        try await IngestionHarness.with(.sqlite) { ingestion in
            let one = try await run(ingestion, [("etc/apps/a/local/web.conf", "[s]\nk = 1\nl = 1\n")])
            let two = try await run(ingestion, [("etc/apps/a/local/web.conf", "[s]\nk = 2\nl = 2\n")])
            let theirs = try await ingestion.withEngine { try await ingestion.ingest(TarBytes().bytes, tenant: "other") }
            let unread = try #require(try await ingestion.upload(TarBytes().bytes).json["run_id"]?.int64)
            #expect(try await ingestion.get("/v1/runs/\(one)/diff").pointers == ["?with"])
            #expect(try await ingestion.get("/v1/runs/\(one)/diff?with=\(two)&nosuch=1").pointers == ["?nosuch"])
            #expect(try await ingestion.get("/v1/runs/\(one)/diff?with=\(theirs)").status == 404)
            #expect(try await ingestion.get("/v1/runs/\(theirs)/diff?with=\(one)").status == 404)
            #expect(try await ingestion.get("/v1/runs/\(one)/diff?with=\(unread)").code == "not_finished")
            #expect(try await ingestion.get("/v1/runs/\(unread)/diff?with=\(one)").status == 409)
            let cursor = try #require(try await ingestion.get("/v1/runs/\(one)/diff?with=\(two)&limit=1").json["next_cursor"]?.string)
            #expect(try await ingestion.get("/v1/runs/\(one)/diff?with=\(two)&cursor=\(cursor)").rows.count == 1)
            let task = try #require(try await ingestion.send(.post, "/v1/runs/\(two)/parse").json["task_id"]?.int64)
            try await ingestion.withEngine { try await ingestion.wait(for: task, .succeeded) }
            #expect(try await ingestion.get("/v1/runs/\(one)/diff?with=\(two)&cursor=\(cursor)").code == "invalid_cursor")
        }
    }
}
