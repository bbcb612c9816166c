import App
import Executors
import Foundation
import Storage
import TaskEngine
import TestSupport
import Testing
import Workloads

@Suite("Settings")
struct SettingsTests {
    private func settings(_ environment: [String: String] = [:], flags: [SettingName: String] = [:], envFile: String? = nil) throws
        -> Settings
    {
        try Settings(SettingsSource(flags: flags, environment: environment, envFile: envFile))
    }

    @Test("without anything said the defaults hold")
    func defaults() throws {
        let settings = try settings()
        #expect(settings.database == .sqlite(path: "data/millrace.db"))
        #expect(settings.engine.pools == ["default": 10, "postgres": 5, "priority": 3, "ingest": 2, "system": 2])
        #expect(settings.engine.grace == .seconds(20))
        #expect(settings.engine.retry == .exponentialJitter(maxRetries: 3, base: .seconds(60), cap: .seconds(600)))
        #expect(settings.maxUpload == 2 << 30)
        #expect(settings.ingestion == IngestionLimits())
        #expect(settings.synchronous == .full)
    }

    @Test("queues to serve that do not exist are named, with those that do", arguments: DatabaseKind.available)
    func unknownServedQueues(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            for queue in ["default", "events", "system"] { try await database.insertQueue(queue) }
            #expect(try await ServedQueues.warning(try settings(), database) == nil)
            #expect(try await ServedQueues.warning(try settings(["MILLRACE_SERVE_QUEUES": "events"]), database) == nil)
            let warning = try await ServedQueues.warning(try settings(["MILLRACE_SERVE_QUEUES": "event,default,none"]), database)
            #expect(
                warning
                    == "MILLRACE_SERVE_QUEUES names queues that do not exist: event, none. Known are default, events, system; MILLRACE_QUEUES adds others"
            )
        }
    }

    @Test("the platform's own queue and pool are there and served, whatever the settings name")
    func systemQueue() throws {
        let narrow = try settings([
            "MILLRACE_POOLS": "a=1,b=2", "MILLRACE_QUEUES": "x:a", "MILLRACE_SERVE_POOLS": "a", "MILLRACE_SERVE_QUEUES": "x",
        ])
        #expect(narrow.queues.map(\.name) == ["x", "system"])
        #expect(narrow.engine.pools == ["a": 1, "system": 2])
        #expect(narrow.engine.servedQueues == ["x", "system"])
        let own = try settings(["MILLRACE_POOLS": "a=1,system=7", "MILLRACE_QUEUES": "x:a,system:a*3"])
        #expect(own.queues == [QueueDefinition(name: "x", pool: "a", weight: 1), QueueDefinition(name: "system", pool: "a", weight: 3)])
        #expect(own.engine.pools == ["a": 1, "system": 7])
        #expect(try settings(["MILLRACE_SERVE_POOLS": "ingest,system"]).engine.pools == ["ingest": 2, "system": 2])
        #expect(try settings(["MILLRACE_SERVE_POOLS": "system"]).engine.pools == ["system": 2])
        #expect(throws: SettingsError.self) { try settings(["MILLRACE_POOLS": "system=2"]) }
        #expect(throws: SettingsError.self) { try settings(["MILLRACE_POOLS": "a=1", "MILLRACE_QUEUES": "x:b"]) }
    }

    @Test("retention is a number with a unit, or never")
    func retention() throws {
        #expect(try settings().engine.retention == Retention())
        let retention = try settings([
            "MILLRACE_RESULT_TTL": "90s", "MILLRACE_RETENTION_SUCCEEDED": "15m", "MILLRACE_RETENTION_CANCELLED": "never",
            "MILLRACE_RETENTION_FAILED": "30d",
        ]).engine.retention
        #expect(
            retention == Retention(results: .seconds(90), succeeded: .seconds(900), cancelled: nil, failed: .seconds(30 * 86_400)))
    }

    @Test("flags win over the environment, the environment over .env, .env over the defaults")
    func order() async throws {
        try await withTemporaryDirectory { directory in
            let file = directory.path(".env")
            try "# comment\nMILLRACE_GRACE_MS = 1000\nMILLRACE_BIND=127.0.0.1:1\nMILLRACE_MAX_RETRIES=7\n".write(
                toFile: file, atomically: true, encoding: .utf8)
            let settings = try settings(
                ["MILLRACE_BIND": "127.0.0.1:2", "MILLRACE_GRACE_MS": "2000"], flags: [.bind: "127.0.0.1:3"], envFile: file)
            #expect(settings.bind.port == 3)
            #expect(settings.engine.grace == .milliseconds(2000))
            #expect(settings.engine.retry.maxRetries == 7)
        }
    }

    @Test("what an archive may cost is the operator's to say")
    func archiveLimits() throws {
        let limits = try settings([
            "MILLRACE_ARCHIVE_MAX_ENTRIES": "10", "MILLRACE_ARCHIVE_MAX_MEMBER": "1KiB", "MILLRACE_ARCHIVE_MAX_UNPACKED": "1GiB",
            "MILLRACE_ARCHIVE_MAX_RATIO": "5", "MILLRACE_ARCHIVE_MAX_STANZAS": "100",
        ]).ingestion
        #expect(limits.archive.entries == 10)
        #expect(limits.archive.memberBytes == 1024)
        #expect(limits.archive.unpackedBytes == 1 << 30)
        #expect(limits.archive.ratio == 5)
        #expect(limits.stanzas == 100)
    }

    @Test("an entry of the egress list that is neither a host nor a block of addresses is named")
    func egressAllow() throws {
        let expected = try EgressAllowList(["hooks.internal", "10.0.0.0/8"])
        #expect(try settings(["MILLRACE_EGRESS_ALLOW": "hooks.internal, 10.0.0.0/8"]).egressAllow == expected)
        #expect(throws: SettingsError.self) { try settings(["MILLRACE_EGRESS_ALLOW": "hooks.internal,10.0.0.0/33"]) }
    }

    @Test("an empty variable counts as absent")
    func empty() throws {
        #expect(try settings(["MILLRACE_BIND": ""]).bind.port == 8080)
    }

    @Test(
        "a value that does not parse stops the start and is named",
        arguments: [
            ("MILLRACE_GRACE_MS", "soon"), ("MILLRACE_GRACE_MS", "-1"), ("MILLRACE_MAX_UPLOAD", "2 gigs"), ("MILLRACE_BIND", "localhost"),
            ("MILLRACE_BIND", "127.0.0.1:99999"), ("MILLRACE_POOLS", "default"), ("MILLRACE_POOLS", "default=0"),
            ("MILLRACE_POOLS", "a=1,a=2"), ("MILLRACE_QUEUES", "a"), ("MILLRACE_QUEUES", "a:b*0"), ("MILLRACE_QUEUES", "a:b,a:c"),
            ("MILLRACE_SYNCHRONOUS", "off"), ("MILLRACE_STRICT", "maybe"), ("LOG_LEVEL", "loud"), ("LOG_FORMAT", "xml"),
            ("MILLRACE_RESULT_TTL", "24"), ("MILLRACE_RESULT_TTL", "10s"), ("MILLRACE_RETENTION_FAILED", "forever"),
            ("MILLRACE_RETENTION_FAILED", "-1d"), ("MILLRACE_RETENTION_SUCCEEDED", "9999999999999999d"),
            ("MILLRACE_RETENTION_CANCELLED", "h"),
            ("MILLRACE_EXTRA_PORTS", "8000,x"), ("MILLRACE_SERVE_POOLS", "nothere"), ("DATABASE_URL", "mysql://x"),
            ("MILLRACE_ARCHIVE_MAX_ENTRIES", "0"), ("MILLRACE_ARCHIVE_MAX_MEMBER", "3GiB"), ("MILLRACE_ARCHIVE_MAX_MEMBER", "0"),
            ("MILLRACE_ARCHIVE_MAX_UNPACKED", "much"), ("MILLRACE_ARCHIVE_MAX_RATIO", "1:200"), ("MILLRACE_ARCHIVE_MAX_STANZAS", "-1"),
        ])
    func malformed(name: String, value: String) throws {
        let error = #expect(throws: SettingsError.self) { try settings([name: value]) }
        #expect(error?.description.contains(name) == true)
    }

    @Test("an unknown name stops the start and names the nearest known one")
    func unknown() throws {
        let error = #expect(throws: SettingsError.self) { try settings(["MILLRACE_GRACE": "1"]) }
        #expect(error?.description.contains("MILLRACE_GRACE_MS") == true)
        let lenient = try settings(["MILLRACE_GRACE": "1", "MILLRACE_STRICT": "false"])
        #expect(lenient.warnings.count == 1)
    }

    @Test("names that Kubernetes injects are nobody's slip of the pen")
    func injected() throws {
        #expect(try settings(["MILLRACE_SERVICE_HOST": "10.0.0.1", "MILLRACE_PORT_8080_TCP": "tcp://10.0.0.1"]).warnings.isEmpty)
    }

    @Test(
        "a line of .env that is no NAME=value is an error, not silence", arguments: ["MILLRACE_BIND", "export MILLRACE_BIND=127.0.0.1:1"])
    func badEnvFile(line: String) async throws {
        try await withTemporaryDirectory { directory in
            let file = directory.path(".env")
            try line.write(toFile: file, atomically: true, encoding: .utf8)
            let error = #expect(throws: SettingsError.self) { try settings(envFile: file) }
            #expect(error?.description.contains("line 1") == true)
        }
    }

    @Test("PostgreSQL's usual variables make a URL when DATABASE_URL is unset")
    func postgresVariables() throws {
        let variables = ["POSTGRES_HOST": "db", "POSTGRES_USER": "u", "POSTGRES_PASSWORD": "p@/ss", "POSTGRES_DB": "d"]
        #expect(try settings(variables).database == .postgres(url: "postgres://u:p%40%2Fss@db:5432/d"))
        #expect(
            try settings(variables.merging(["DATABASE_URL": "sqlite:x.db"]) { $1 }).database == .sqlite(path: "x.db"))
    }

    @Test("a worker that would be declared dead between two heartbeats is refused")
    func heartbeat() throws {
        #expect(throws: SettingsError.self) { try settings(["MILLRACE_HEARTBEAT_MS": "5000", "MILLRACE_WORKER_DEAD_MS": "6000"]) }
    }
}

@Suite(".env.example")
struct EnvExampleTests {
    @Test("lists every setting there is with its default, and no other")
    func complete() throws {
        let text = try RepositoryFiles.text(".env.example")
        var listed: [String: String] = [:]
        for line in text.split(separator: "\n") where line.hasPrefix("# ") {
            let parts = line.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, parts[0].allSatisfy({ $0.isUppercase || $0 == "_" }) else { continue }
            listed[String(parts[0])] = String(parts[1])
        }
        let expected = Dictionary(uniqueKeysWithValues: SettingName.allCases.map { ($0.rawValue, $0.defaultText) })
        #expect(Set(listed.keys) == Set(expected.keys))
        for (name, text) in expected where name != "DATABASE_URL" || listed[name] != nil { #expect(listed[name] == text, "\(name)") }
    }
}

@Suite("Exit codes")
struct ExitCodeTests {
    @Test(
        "tell a supervisor whether another start helps",
        arguments: zip(
            [StorageError.Code.unavailable, .credentials, .corrupt, .locked, .readOnly, .schema, .configuration],
            [69, 69, 73, 73, 73, 78, 64]))
    func storage(code: StorageError.Code, exit: Int32) {
        #expect(ExitCode.code(for: StorageError(code, "x")) == exit)
    }

    @Test("an engine that must be replaced exits 75, one that is too old 78")
    func engine() {
        #expect(ExitCode.code(for: EngineError(.tooManyAbandonedHandlers, "x")) == 75)
        #expect(ExitCode.code(for: EngineError(.schemaTooNew, "x")) == 78)
        #expect(ExitCode.code(for: SettingsError("x")) == 64)
    }
}
