import JSONText
import TestSupport
import Testing

@Suite("Typed tables of a run's result", .timeLimit(.minutes(5)))
struct ProjectionTests {
    /// Ingests one file and returns the rows of a table over it.
    private func rows(_ table: String, _ file: String, _ text: String) async throws -> [JSONValue] {
        let found = TestSignal<[JSONValue]>()
        try await IngestionHarness.with(.sqlite) { ingestion in
            let run = try await ingestion.withEngine { try await ingestion.ingest(TarBytes([("etc/apps/a/local/\(file)", text)]).bytes) }
            found.send(try await ingestion.all("/v1/runs/\(run)/\(table)", limit: 2))
        }
        return found.values.flatMap(\.self)
    }

    @Test("a row says where the stanza stands, and holds settings in columns of their type", arguments: DatabaseKind.available)
    func columns(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { ingestion in
            let archive = TarBytes([
                ("etc/apps/web/local/inputs.conf", "[monitor:///var/log/a b]\nindex = main\ndisabled = FALSE\nhost_segment = 3\n"),
                ("etc/apps/web/local/props.conf", "[x]\nTRUNCATE = 0\n"),
                ("etc/deployment-apps/uf/default/inputs.conf", "[default]\nhost = h\n"),
            ])
            let run = try await ingestion.withEngine { try await ingestion.ingest(archive.bytes) }
            let rows = try await ingestion.all("/v1/runs/\(run)/inputs", limit: 1)
            #expect(rows.count == 2)
            let row = try #require(rows.first)
            #expect(row["name"]?.string == "monitor:///var/log/a b")
            #expect(row["input_type"]?.string == "monitor")
            #expect(row["target"]?.string == "/var/log/a b")
            #expect(row["disabled"]?.bool == false)
            #expect(row["host_segment"]?.int64 == 3)
            #expect(row["index"]?.string == "main")
            #expect(row["sourcetype"]?.isNull == true)
            #expect(row["other"]?.elements.isEmpty == true)
            #expect(row["app"]?.string == "web" && row["scope"]?.string == "local" && row["layer"]?.string == "app")
            #expect(row["tree"]?.isNull == true && row["user"]?.isNull == true)
            #expect(row["source_path"]?.string == "etc/apps/web/local/inputs.conf")
            #expect(row["line"]?.int64 == 1)
            #expect(rows.last?["tree"]?.string == "deployment-apps")
            #expect(rows.last?["input_type"]?.string == "default")
            #expect(try await ingestion.all("/v1/runs/\(run)/inputs?live=true").count == 1)
            #expect(try await ingestion.all("/v1/runs/\(run)/inputs?tree=deployment-apps&app=uf&scope=default").count == 1)
            #expect(try await ingestion.all("/v1/runs/\(run)/inputs?layer=user").isEmpty)
            #expect(try await ingestion.all("/v1/runs/\(run)/inputs?name=default").count == 1)
            #expect(try await ingestion.get("/v1/runs/\(run)/inputs?conf_type=props").pointers == ["?conf_type"])
            #expect(try await ingestion.get("/v1/runs/\(run)/inputs", tenant: "other").status == 404)
        }
    }

    @Test(
        "Splunk's spellings of true and false become booleans; what is neither stays readable",
        arguments: [
            ("1", true), ("true", true), ("T", true), ("Yes", true), ("y", true), ("0", false), ("FALSE", false), ("f", false),
            ("no", false),
            ("N", false), ("", nil), ("2", nil), ("enabled", nil), ("true # really", nil),
        ] as [(String, Bool?)])
    func booleans(text: String, expected: Bool?) async throws {
        let row = try #require(try await rows("inputs", "inputs.conf", "[tcp://:514]\ndisabled = \(text)\n").first)
        #expect(row["disabled"]?.bool == expected)
        #expect(row["disabled"]?.isNull == (expected == nil))
        let other = row["other"]?.elements.map { $0["value"]?.string }
        #expect(other == (expected == nil ? [text] : []))
    }

    @Test("no setting is lost: each is in a column or among the others, once")
    func nothingIsHidden() async throws {
        let text = """
            [access]
            TRUNCATE = 10
            TRUNCATE = 20
            MAX_EVENTS = many
            EXTRACT-b = (?<b>.)
            EXTRACT-a = (?<a>.)
            TRANSFORMS-null = one, two
            FIELD_NAMES = a, b ,, c
            somethingNew = 1
            """
        let row = try #require(try await rows("props", "props.conf", text).first)
        #expect(row["truncate"]?.int64 == 20)
        #expect(row["max_events"]?.isNull == true)
        #expect(row["extract"]?.rawText == #"[{"name":"b","value":"(?<b>.)"},{"name":"a","value":"(?<a>.)"}]"#)
        #expect(row["transforms"]?.rawText == #"[{"name":"null","value":"one, two"}]"#)
        #expect(row["field_names"]?.rawText == #"["a","b","c"]"#)
        let other = row["other"]?.elements.map { "\($0["line"]?.int64 ?? 0) \($0["key"]?.string ?? "") = \($0["value"]?.string ?? "")" }
        #expect(other == ["2 TRUNCATE = 10", "4 MAX_EVENTS = many", "9 somethingNew = 1"])
    }

    @Test("secrets are masked in columns and among the others")
    func secrets() async throws {
        let text = "[http://hec]\ntoken = 12345678-aaaa\nindex = main\nmyPassword = hunter2\nextra = $7$abcdef==\n"
        let row = try #require(try await rows("inputs", "inputs.conf", text).first)
        #expect(row["token"]?.string == "********")
        #expect(row["index"]?.string == "main")
        #expect(row["other"]?.elements.map { $0["value"]?.string } == ["********", "********"])
        let output = try #require(
            try await rows("outputs", "outputs.conf", "[tcpout:g]\nserver = a:9997, b:9997\nsslPassword = x\npass4SymmKey = y\n").first)
        #expect(output["server"]?.rawText == #"["a:9997","b:9997"]"#)
        #expect(output["ssl_password"]?.string == "********" && output["pass4symmkey"]?.string == "********")
    }

    @Test(
        "the name of a stanza is read by its type",
        arguments: [
            ("inputs", "inputs.conf", "script://./bin/a.sh", ["input_type": "script", "target": "./bin/a.sh"]),
            ("inputs", "inputs.conf", "WinEventLog:Security", ["input_type": "WinEventLog", "target": "Security"]),
            ("inputs", "inputs.conf", "udp://514", ["input_type": "udp", "target": "514"]),
            ("inputs", "inputs.conf", "SSL", ["input_type": "SSL", "target": nil]),
            ("props", "props.conf", "source::/var/log/*", ["kind": "source", "pattern": "/var/log/*"]),
            ("props", "props.conf", "(?i)host::WEB", ["kind": "host", "pattern": "(?i)WEB"]),
            ("props", "props.conf", "access_combined", ["kind": "sourcetype", "pattern": "access_combined"]),
            ("props", "props.conf", "default", ["kind": "default", "pattern": nil]),
            ("indexes", "indexes.conf", "volume:hot", ["kind": "volume", "target": "hot"]),
            ("indexes", "indexes.conf", "main", ["kind": "index", "target": "main"]),
            ("indexes", "indexes.conf", "default", ["kind": "default", "target": nil]),
            ("outputs", "outputs.conf", "tcpout", ["output_type": "tcpout", "target": nil]),
            ("outputs", "outputs.conf", "tcpout:east", ["output_type": "tcpout", "target": "east"]),
            ("outputs", "outputs.conf", "tcpout-server://h:9997", ["output_type": "tcpout-server", "target": "h:9997"]),
            ("serverclasses", "serverclass.conf", "global", ["kind": "global", "server_class": nil, "deployed_app": nil]),
            ("serverclasses", "serverclass.conf", "serverClass:all", ["kind": "serverClass", "server_class": "all", "deployed_app": nil]),
            (
                "serverclasses", "serverclass.conf", "serverClass:all:app:uf",
                ["kind": "app", "server_class": "all", "deployed_app": "uf"]
            ),
        ] as [(String, String, String, [String: String?])])
    func heads(table: String, file: String, name: String, expected: [String: String?]) async throws {
        let row = try #require(try await rows(table, file, "[\(name)]\nx = 1\n").first)
        #expect(row["name"]?.string == name)
        for (column, value) in expected {
            #expect(row[column] != nil, "\(column)")
            #expect(row[column]?.string == value, "\(column)")
        }
    }

    @Test("numbered settings are a list in the order of their numbers")
    func numbered() async throws {
        let text =
            "[serverClass:a]\nwhitelist.10 = ten\nwhitelist.2 = two\nwhitelist.x = ?\nrestartSplunkd = t\nwhitelist.from_pathname = p\n"
        let row = try #require(try await rows("serverclasses", "serverclass.conf", text).first)
        #expect(row["whitelist"]?.rawText == #"["two","ten"]"#)
        #expect(row["blacklist"]?.isNull == true)
        #expect(row["restart_splunkd"]?.bool == true)
        #expect(row["whitelist_from_pathname"]?.string == "p")
        #expect(row["other"]?.elements.map { $0["key"]?.string } == ["whitelist.x"])
    }

    @Test(
        "every table has columns with different names, and no run without a result has rows",
        arguments: ["inputs", "props", "transforms", "indexes", "outputs", "serverclasses"])
    func names(table: String) async throws {
        let file = table == "serverclasses" ? "serverclass.conf" : "\(table).conf"
        // JSON with a key twice in an object would be refused by the reader.
        #expect(try await rows(table, file, "[a]\nx = 1\n").count == 1)
        try await IngestionHarness.with(.sqlite) { ingestion in
            let run = try #require(try await ingestion.upload(TarBytes().bytes).json["run_id"]?.int64)
            #expect(try await ingestion.get("/v1/runs/\(run)/\(table)").rows.isEmpty)
        }
    }
}
