import HTTPTypes
import JSONText
import TaskEngine
import TestSupport
import Testing

@Suite("The effective configuration", .timeLimit(.minutes(5)))
struct EffectiveTests {
    /// `key=value@file:line`, with `*` in front when it comes from `default`, and what it hides in brackets.
    private func text(_ row: JSONValue?) -> [String] {
        (row?["settings"]?.elements ?? []).map { setting in
            let hides = setting["hides"]?.elements.map { occurrence($0) } ?? []
            return "\(setting["key"]?.string ?? "")=\(occurrence(setting))" + (hides.isEmpty ? "" : " [\(hides.joined(separator: " "))]")
        }
    }

    private func occurrence(_ value: JSONValue) -> String {
        let app = value["app"]?.string ?? "-"
        let place = "\(value["value"]?.string ?? "")@\(app)/\(value["scope"]?.string ?? "-"):\(value["line"]?.int64 ?? 0)"
        return (value["from_default"]?.bool == true ? "*" : "") + place
    }

    @Test("a stanza's own settings beat those of default in any layer, which fill what is left open", arguments: DatabaseKind.available)
    func defaults(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { ingestion in
            let archive = TarBytes([
                ("etc/system/default/inputs.conf", "index = sys\nhost = sys\n[tcp://1]\nindex = weakest\n"),
                ("etc/system/local/inputs.conf", "[default]\nindex = strong\nqueue = q\n"),
                ("etc/apps/a/local/inputs.conf", "[tcp://1]\nsource = s\n"),
            ])
            let run = try await ingestion.withEngine { try await ingestion.ingest(archive.bytes) }
            let path = "/v1/runs/\(run)/effective?conf_type=inputs"
            let answer = try await ingestion.get(path + "&stanza=tcp://1")
            #expect(answer.rows.first?["name"]?.string == "tcp://1" && answer.rows.first?["conf_type"]?.string == "inputs")
            #expect(
                text(answer.rows.first) == [
                    "host=*sys@system/default:2", "index=weakest@system/default:4 [*strong@system/local:2 *sys@system/default:1]",
                    "queue=*q@system/local:3", "source=s@a/local:2",
                ])
            // Of default itself nothing comes from default.
            #expect(
                text(try await ingestion.get(path + "&stanza=default").rows.first) == [
                    "host=sys@system/default:2", "index=strong@system/local:2 [sys@system/default:1]", "queue=q@system/local:3",
                ])
            #expect(try await ingestion.all(path, limit: 1).map { $0["name"]?.string } == ["default", "tcp://1"])
        }
    }

    @Test("within a file the last of a key counts, in repeated stanzas and in one", arguments: DatabaseKind.available)
    func repeated(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { ingestion in
            let conf = "k = global\n[a]\nx = 1\nx = 2\n[b]\n[a]\nx = 3\ny = 1\n[default]\nk = last\nz =\n"
            let run = try await ingestion.withEngine {
                try await ingestion.ingest(TarBytes([("etc/apps/one/local/web.conf", conf)]).bytes)
            }
            let rows = try await ingestion.all("/v1/runs/\(run)/effective?conf_type=web")
            #expect(rows.map { $0["name"]?.string } == ["a", "b", "default"])
            #expect(
                text(rows.first) == [
                    "k=*last@one/local:10 [*global@one/local:1]", "x=3@one/local:7 [2@one/local:4 1@one/local:3]", "y=1@one/local:8",
                    "z=*@one/local:11",
                ])
            // A stanza without settings exists.
            #expect(text(rows[1]) == ["k=*last@one/local:10 [*global@one/local:1]", "z=*@one/local:11"])
        }
    }

    @Test("an empty value overrides, and keys that differ in case or in Unicode spelling are different", arguments: DatabaseKind.available)
    func exactness(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { ingestion in
            let archive = TarBytes([
                ("etc/apps/a/default/web.conf", "[s]\nKey = 1\nkey = 2\nn\u{E9} = composed\nne\u{301} = decomposed\n"),
                ("etc/apps/a/local/web.conf", "[s]\nkey =\n"),
            ])
            let run = try await ingestion.withEngine { try await ingestion.ingest(archive.bytes) }
            let rows = try await ingestion.get("/v1/runs/\(run)/effective?conf_type=web&stanza=s").rows
            #expect(
                text(rows.first) == [
                    "Key=1@a/default:2", "key=@a/local:2 [2@a/default:3]", "ne\u{301}=decomposed@a/default:5",
                    "n\u{E9}=composed@a/default:4",
                ])
        }
    }

    @Test("the same file twice in an archive: the later one counts", arguments: DatabaseKind.available)
    func twice(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { ingestion in
            let archive = TarBytes([
                ("etc/apps/a/local/web.conf", "[s]\nk = first\n"), ("./etc/apps/a/local/web.conf", "[s]\nk = second\n"),
            ])
            let run = try await ingestion.withEngine { try await ingestion.ingest(archive.bytes) }
            let rows = try await ingestion.get("/v1/runs/\(run)/effective?conf_type=web&stanza=s").rows
            #expect(text(rows.first) == ["k=second@a/local:2 [first@a/local:2]"])
        }
    }

    @Test("a file on its own is merged with itself")
    func single() async throws {
        try await IngestionHarness.with(.sqlite) { ingestion in
            let run = try await ingestion.withEngine {
                try await ingestion.ingest(Array("[a]\nx = 1\n[a]\nx = 2\n".utf8), "web.conf", type: "single_conf")
            }
            #expect(text(try await ingestion.all("/v1/runs/\(run)/effective?conf_type=web").first) == ["x=2@-/-:4 [1@-/-:2]"])
            #expect(try await ingestion.get("/v1/runs/\(run)/effective?conf_type=web&app=search").pointers == ["?app"])
        }
    }

    @Test("secrets are masked, also where they are hidden")
    func secrets() async throws {
        try await IngestionHarness.with(.sqlite) { ingestion in
            let archive = TarBytes([
                ("etc/apps/a/default/server.conf", "[sslConfig]\nsslPassword = old\n"),
                ("etc/apps/a/local/server.conf", "[sslConfig]\nsslPassword = new\nopen = $7$xyz\n"),
            ])
            let run = try await ingestion.withEngine { try await ingestion.ingest(archive.bytes) }
            let answer = try await ingestion.get("/v1/runs/\(run)/effective?conf_type=server&stanza=sslConfig")
            #expect(text(answer.rows.first) == ["open=********@a/local:3", "sslPassword=********@a/local:2 [********@a/default:2]"])
        }
    }

    @Test("of very many hidden values the strongest hundred are listed and all are counted")
    func manyHidden() async throws {
        try await IngestionHarness.with(.sqlite) { ingestion in
            let conf = "[s]\n" + (1...150).map { "k = \($0)\n" }.joined()
            let run = try await ingestion.withEngine { try await ingestion.ingest(TarBytes([("etc/apps/a/local/web.conf", conf)]).bytes) }
            let setting = try await ingestion.get("/v1/runs/\(run)/effective?conf_type=web&stanza=s").rows.first?["settings"]?.elements
                .first
            #expect(setting?["value"]?.string == "150")
            #expect(setting?["hidden_count"]?.int64 == 149)
            #expect(setting?["hides"]?.elements.count == 100)
            #expect(setting?["hides"]?.elements.last?["value"]?.string == "50")
        }
    }

    @Test("questions that cannot be answered are refused with what to do")
    func refusals() async throws {
        try await IngestionHarness.with(.sqlite) { ingestion in
            let run = try await ingestion.withEngine {
                try await ingestion.ingest(TarBytes([("etc/apps/a/local/web.conf", "[s]\nk = 1\n[t]\nk = 2\n")]).bytes)
            }
            let path = "/v1/runs/\(run)/effective"
            #expect(try await ingestion.get(path).pointers == ["?conf_type"])
            #expect(try await ingestion.get(path + "?conf_type=web&user=bob").pointers == ["?user"])
            #expect(try await ingestion.get(path + "?conf_type=web&app=nosuch").pointers == ["?app"])
            #expect(try await ingestion.get(path + "?conf_type=web&scope=local").pointers == ["?scope"])
            #expect(try await ingestion.get(path + "?conf_type=web", tenant: "other").status == 404)
            #expect(try await ingestion.get(path + "?conf_type=web&stanza=nosuch").rows.isEmpty)
            #expect(try await ingestion.get(path + "?conf_type=nosuch").rows.isEmpty)
            let cursor = try #require(try await ingestion.get(path + "?conf_type=web&limit=1").json["next_cursor"]?.string)
            let task = try await ingestion.send(.post, "/v1/runs/\(run)/parse").json["task_id"]?.int64
            try await ingestion.withEngine { try await ingestion.wait(for: try #require(task), .succeeded) }
            #expect(try await ingestion.get(path + "?conf_type=web&cursor=\(cursor)").code == "invalid_cursor")
        }
    }
}
