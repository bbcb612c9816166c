import JSONText
import TestSupport
import Testing

@Suite("Precedence of configuration files", .timeLimit(.minutes(5)))
struct PrecedenceTests {
    /// Which copy of a setting counts, worked out by hand from Splunk's page on configuration file precedence.
    struct Case: Sendable {
        let reason: String
        let context: String
        /// Directories that set the same key of the same stanza, in the order of the archive.
        let written: [String]
        /// Those that take part, the winner first.
        let expected: [String]

        init(_ reason: String, _ written: [String], _ expected: [String]) {
            self.init(reason, "", written, expected)
        }

        init(_ reason: String, _ context: String, _ written: [String], _ expected: [String]) {
            self.reason = reason
            self.context = context
            self.written = written
            self.expected = expected
        }
    }

    private static let cases = [
        // Global context.
        Case(
            "system local, then app local, app default, system default",
            ["system/default", "apps/a/default", "apps/a/local", "system/local"],
            ["system/local", "apps/a/local", "apps/a/default", "system/default"]),
        Case("of two apps the first in ASCII order wins", ["apps/B/local", "apps/A/local"], ["apps/A/local", "apps/B/local"]),
        Case(
            "ASCII order: digits, capitals, small letters", ["apps/a/default", "apps/Z/default", "apps/9/default"],
            ["apps/9/default", "apps/Z/default", "apps/a/default"]),
        Case(
            "ASCII order is of bytes, not of numbers", ["apps/app2/local", "apps/app10/local", "apps/ap/local"],
            ["apps/ap/local", "apps/app10/local", "apps/app2/local"]),
        Case(
            "any app's local half comes before any app's default half",
            ["apps/a/default", "apps/z/local", "apps/z/default", "apps/a/local"],
            ["apps/a/local", "apps/z/local", "apps/a/default", "apps/z/default"]),
        Case("users have no part in the global context", ["users/bob/a/local", "apps/a/default"], ["apps/a/default"]),
        Case(
            "what is kept for other hosts is not live here",
            [
                "deployment-apps/a/local", "master-apps/a/local", "manager-apps/a/local", "shcluster/apps/a/local", "disabled-apps/a/local",
                "system/default",
            ], ["system/default"]),
        Case(
            "on a cluster peer its peer apps' local halves come before all, their default halves before those of apps",
            [
                "apps/a/default", "slave-apps/x/default", "apps/a/local", "system/default", "slave-apps/A/local", "system/local",
                "slave-apps/_cluster/local", "slave-apps/_cluster/default",
            ],
            [
                "slave-apps/_cluster/local", "slave-apps/A/local", "system/local", "apps/a/local", "slave-apps/_cluster/default",
                "slave-apps/x/default", "apps/a/default", "system/default",
            ]),
        Case(
            "peer-apps is the newer name of slave-apps", ["system/local", "peer-apps/_cluster/local"],
            ["peer-apps/_cluster/local", "system/local"]),

        // The context of an app, without and with a user. Apps named shared… export everything.
        Case(
            "the app's own halves, then the system's", "&app=search",
            ["system/local", "system/default", "apps/search/default", "apps/search/local"],
            ["apps/search/local", "apps/search/default", "system/local", "system/default"]),
        Case(
            "the user's own settings first", "&app=search&user=bob", ["apps/search/local", "users/bob/search/local"],
            ["users/bob/search/local", "apps/search/local"]),
        Case(
            "neither another user's settings nor this user's in another app", "&app=search&user=bob",
            ["users/eve/search/local", "users/bob/other/local", "apps/search/default"], ["apps/search/default"]),
        Case(
            "without a user nobody's own settings", "&app=search", ["users/bob/search/local", "apps/search/default"],
            ["apps/search/default"]),
        Case(
            "other apps' exported settings come after the app and before the system, even before system local", "&app=search",
            ["system/local", "apps/shared1/default", "apps/search/default"],
            ["apps/search/default", "apps/shared1/default", "system/local"]),
        Case(
            "among other apps the last in ASCII order wins, each app's local half before its default half", "&app=search",
            ["apps/shared1/local", "apps/shared2/default", "apps/shared2/local", "apps/shared1/default"],
            ["apps/shared2/local", "apps/shared2/default", "apps/shared1/local", "apps/shared1/default"]),
        Case(
            "settings that an app does not export are its own", "&app=search", ["apps/closed/local", "system/default"], ["system/default"]),
        Case(
            "an app's own settings need no export", "&app=closed", ["apps/closed/local", "system/default"],
            ["apps/closed/local", "system/default"]),
        Case(
            "the trees that are not live have no part", "&app=search",
            ["deployment-apps/search/local", "slave-apps/search/local", "system/default"], ["system/default"]),
    ]

    @Test(
        "of several copies the one that Splunk's pages name counts, and the others are hidden in order", arguments: DatabaseKind.available)
    func order(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { ingestion in
            var files: [String: String] = [:]
            var order: [String] = []
            for (number, entry) in Self.cases.enumerated() {
                for directory in entry.written {
                    let path = "etc/\(directory)/web.conf"
                    if files[path] == nil { order.append(path) }
                    files[path, default: ""] += "[case \(number)]\nkey = \(directory)\n"
                }
            }
            var archive = order.map { ($0, files[$0] ?? "") }
            for app in ["shared1", "shared2"] { archive.append(("etc/apps/\(app)/metadata/default.meta", "[]\nexport = system\n")) }
            archive.append(("etc/apps/closed/metadata/default.meta", "[]\nexport = none\n"))
            let run = try await ingestion.withEngine { [archive] in try await ingestion.ingest(TarBytes(archive).bytes) }
            for (number, entry) in Self.cases.enumerated() {
                let answer = try await ingestion.get("/v1/runs/\(run)/effective?conf_type=web&stanza=case%20\(number)\(entry.context)")
                let setting = try #require(answer.rows.first?["settings"]?.elements.first, "\(entry.reason): \(answer.json.rawText)")
                let found = [setting["value"]?.string] + (setting["hides"]?.elements.map { $0["value"]?.string } ?? [])
                #expect(found == entry.expected, "\(entry.reason)")
                #expect(setting["source_path"]?.string == "etc/\(entry.expected[0])/web.conf", "\(entry.reason)")
                #expect(setting["hidden_count"]?.int64 == Int64(entry.expected.count - 1))
                // The list shows the same as the stanza alone.
                let all = try await ingestion.all("/v1/runs/\(run)/effective?conf_type=web\(entry.context)", limit: 7)
                #expect(all.first { $0["name"]?.string == "case \(number)" }?.rawText == answer.rows.first?.rawText)
            }
        }
    }

    /// What an app's .meta files say, and whether others see its stanza `web/my page` then.
    private static let exports: [(reason: String, default: String, local: String, isVisible: Bool)] = [
        ("no .meta says anything: nothing is shared", "", "", false),
        ("the app shares everything", "[]\nexport = system", "", true),
        ("the type decides over the app", "[]\nexport = system\n[web]\nexport = none", "", false),
        ("the type shares", "[web]\nexport = system", "", true),
        ("another type shares", "[views]\nexport = system", "", false),
        ("the object decides over type and app", "[]\nexport = none\n[web]\nexport = none\n[web/my%20page]\nexport = system", "", true),
        ("the object keeps to itself", "[]\nexport = system\n[web/my%20page]\nexport = none", "", false),
        ("the object under its plain name", "[web/my page]\nexport = system", "", true),
        ("local.meta decides over default.meta about the same object", "[web]\nexport = none", "[web]\nexport = system", true),
        ("default.meta about the object over local.meta about the app", "[web/my%20page]\nexport = none", "[]\nexport = system", false),
        ("a nearer stanza without export decides nothing", "[]\nexport = system\n[web/my%20page]\naccess = read : [ * ]", "", true),
        ("the last of a file counts", "[]\nexport = none\n[]\nexport = system", "", true),
        ("some other word shares nothing", "[]\nexport = sometimes", "", false),
    ]

    @Test("other apps see what metadata exports", arguments: DatabaseKind.available)
    func visibility(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { ingestion in
            for (reason, shipped, local, isVisible) in Self.exports {
                let archive = TarBytes([
                    ("etc/apps/other/default/web.conf", "[my page]\nkey = theirs\n"),
                    ("etc/apps/other/metadata/default.meta", shipped + "\n"), ("etc/apps/other/metadata/local.meta", local + "\n"),
                    ("etc/apps/search/default/web.conf", "[mine]\nkey = mine\n"),
                ])
                let run = try await ingestion.withEngine { try await ingestion.ingest(archive.bytes) }
                let path = "/v1/runs/\(run)/effective?conf_type=web&app=search"
                #expect(try await ingestion.get(path + "&stanza=my%20page").rows.count == (isVisible ? 1 : 0), "\(reason)")
                #expect(
                    try await ingestion.all(path, limit: 1).map { $0["name"]?.string } == ["mine"] + (isVisible ? ["my page"] : []),
                    "\(reason)")
            }
        }
    }

    @Test("in props.conf a setting is an object of its own", arguments: DatabaseKind.available)
    func attributes(kind: DatabaseKind) async throws {
        try await IngestionHarness.with(kind) { ingestion in
            let meta = "[]\nexport = none\n[props/source%3a%3a%2fvar%2flog/EXTRACT-shared]\nexport = system\n"
            let archive = TarBytes([
                ("etc/apps/other/default/props.conf", "[source::/var/log]\nEXTRACT-shared = 1\nEXTRACT-own = 2\nTRUNCATE = 3\n"),
                ("etc/apps/other/metadata/default.meta", meta), ("etc/apps/search/default/props.conf", "[x]\ny = 1\n"),
            ])
            let run = try await ingestion.withEngine { try await ingestion.ingest(archive.bytes) }
            let rows = try await ingestion.get("/v1/runs/\(run)/effective?conf_type=props&app=search&stanza=source::/var/log").rows
            #expect(rows.first?["settings"]?.elements.map { $0["key"]?.string } == ["EXTRACT-shared"])
        }
    }
}
