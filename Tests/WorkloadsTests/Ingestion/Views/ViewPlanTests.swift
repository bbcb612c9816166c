import JSONText
import Storage
import TestSupport
import Testing

@Suite("Plans of the queries behind views of a result", .timeLimit(.minutes(5)))
struct ViewPlanTests {
    /// Runs a request on a database that explains every statement first, and returns the plans.
    private func plans(_ ingestion: IngestionHarness, _ path: String) async throws -> [QueryPlan] {
        ingestion.database.startRecording()
        let answer = try await ingestion.get(path)
        #expect(answer.status == 200, "\(path): \(answer.json.rawText)")
        return ingestion.database.stopRecording()
    }

    /// A small result beside 100,000 stanzas of another, so that reading a table from end to end is a bad plan.
    private func fill(_ database: PausingDatabase) async throws {
        try await database.write { connection in
            let ids = try connection.allocateIDs(110_000)
            let generation = ids[0]
            var files = RowSet([.bigint("id"), .text("app"), .bigint("first"), .bigint("last")])
            var stanzas = RowSet([.bigint("id"), .bigint("file"), .bigint("hash"), .text("name")])
            for file in 0..<10_000 {
                let first = 1 + file * 11
                files.append([.int(ids[first]), .text("app\(file % 300)"), .int(ids[first + 1]), .int(ids[min(first + 10, ids.count - 1)])])
                for number in 1...10 where first + number < ids.count {
                    stanzas.append([.int(ids[first + number]), .int(ids[first]), .int(Int64(number)), .text("n\(number)")])
                }
            }
            try connection.execute(
                """
                INSERT INTO run_generations (id, run_id, task_id, state, last_id)
                VALUES (\(generation), 0, 0, 'visible', \(ids[ids.count - 1]))
                """)
            try connection.forEach(
                files,
                """
                INSERT INTO run_files (id, generation, path, path_hash, size, conf_type, conf_type_hash, layer, app, app_hash, scope,
                    first_stanza, last_stanza, stanza_count, setting_count, problem_count, ignored_lines)
                SELECT r.id, \(generation), r.app, r.id, 1, 'props', 7, 'app', r.app, r.first, 'local', r.first, r.last, 10, 10, 0, 0
                FROM \(files, as: "r")
                """)
            try connection.forEach(
                stanzas,
                """
                INSERT INTO stanzas (id, generation, file_id, name, line, setting_count, settings)
                SELECT r.id, \(generation), r.file, r.name, 1, 0, '[]' FROM \(stanzas, as: "r")
                """)
            try connection.forEach(
                stanzas,
                """
                INSERT INTO stanza_names (generation, segment, name_hash, stanza_id, conf_type_hash)
                SELECT \(generation), 0, r.hash, r.id, 7 FROM \(stanzas, as: "r")
                """)
            for (kind, hash) in [(0, "r.id"), (1, "7"), (2, "r.first")] as [(Int64, SQL)] {
                try connection.forEach(
                    files,
                    """
                    INSERT INTO file_keys (generation, kind, hash, file_id)
                    SELECT \(generation), \(kind), \(fragment: hash), r.id FROM \(files, as: "r")
                    """)
            }
        }
        if database.dialect == .postgres {
            try await database.write {
                try $0.executeScript("ANALYZE run_files; ANALYZE file_keys; ANALYZE stanzas; ANALYZE stanza_names")
            }
        }
    }

    private static let paths = [
        "/stanzas", "/stanzas?name=s", "/stanzas?name=s&conf_type=props", "/stanzas?conf_type=props", "/stanzas?app=a&scope=local",
        "/props",
        "/inputs?app=a&name=s", "/effective?conf_type=props&stanza=s", "/effective?conf_type=props&stanza=s&app=a&user=bob",
        "/effective?conf_type=props", "/effective?conf_type=props&app=a",
    ]

    @Test("no view of a result reads the stanzas or files of others", arguments: DatabaseKind.available)
    func noScans(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { ingestion in
            let archive = TarBytes([
                ("etc/apps/a/local/props.conf", "[default]\nx = 1\n[s]\nEXTRACT-a = 1\n"),
                ("etc/apps/b/local/props.conf", "[s]\nEXTRACT-b = 2\n"),
                ("etc/apps/b/metadata/local.meta", "[]\nexport = system\n"), ("etc/apps/a/local/inputs.conf", "[s]\nindex = 1\n"),
            ])
            let run = try await ingestion.withEngine { try await ingestion.ingest(archive.bytes) }
            let other = try await ingestion.withEngine {
                try await ingestion.ingest(TarBytes([("etc/apps/a/local/props.conf", "[s]\ny = 1\n")]).bytes)
            }
            try await fill(ingestion.database)
            for path in Self.paths + ["/diff?with=\(other)", "/diff?with=\(other)&app=a"] {
                let plans = try await plans(ingestion, "/v1/runs/\(run)\(path)")
                #expect(plans.count > 1, "\(path)")
                for plan in plans {
                    let scans =
                        plan.fullScans(of: "stanzas", aliases: ["s"]) + plan.fullScans(of: "run_files", aliases: ["f"])
                        + plan.fullScans(of: "stanza_names", aliases: ["n"]) + plan.fullScans(of: "file_keys", aliases: ["k"])
                    #expect(scans.isEmpty, "\(path): \(plan)")
                }
            }
        }
    }

    @Test(
        "one stanza is found through the names of its segment, and never through the files of its type", arguments: DatabaseKind.available)
    func byName(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { ingestion in
            let archive = TarBytes([("etc/apps/a/local/props.conf", "[s]\nx = 1\n")])
            let run = try await ingestion.withEngine { try await ingestion.ingest(archive.bytes) }
            try await fill(ingestion.database)
            for path in ["/effective?conf_type=props&stanza=s", "/stanzas?name=s"] {
                let plans = try await plans(ingestion, "/v1/runs/\(run)\(path)")
                let seek = kind == .sqlite ? "n USING PRIMARY KEY (generation=? AND segment=? AND name_hash=?" : "stanza_names_pkey"
                #expect(plans.contains { $0.description.contains(seek) }, "\(path): \(plans)")
                for plan in plans {
                    #expect(!plan.description.contains(kind == .sqlite ? "SEARCH k" : "file_keys_pkey"), "\(path): \(plan)")
                }
            }
        }
    }
}
