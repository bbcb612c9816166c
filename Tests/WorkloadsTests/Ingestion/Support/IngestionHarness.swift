import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSONText
import Logging
import NIOCore
import ServiceLifecycle
import Storage
import TaskEngine
import TestSupport
import WebCore
import Workloads

/// The ingestion with everything around it: a database and a data directory of the test's own, an engine, and HTTP.
struct IngestionHarness {
    /// Says for whom a request is made; the real server has authentication instead.
    struct TestIdentity: RouterMiddleware {
        func handle(
            _ request: Request, context: MillraceRequestContext, next: (Request, MillraceRequestContext) async throws -> Response
        ) async throws -> Response {
            var context = context
            context.identity = .local
            if let tenant = request.headers[Self.tenant] { context.identity.tenant = tenant }
            if let role = request.headers[Self.role].flatMap(Role.init) { context.identity.role = role }
            return try await next(request, context)
        }

        static let tenant = HTTPField.Name("X-Tenant")!
        static let role = HTTPField.Name("X-Role")!
    }

    let database: PausingDatabase
    let directory: TemporaryDirectory
    let workload: IngestionWorkload
    let service: TaskService
    let changes = TestSignal<TaskChange>()
    private let hub: ChangeHub
    private let settings: EngineSettings

    /// - Parameters:
    ///   - maxUpload: bytes of the largest file.
    ///   - limits: what one upload may cost to read.
    ///   - version: the program's.
    init(
        _ base: any Database, _ directory: TemporaryDirectory, maxUpload: Int = 1 << 30, limits: IngestionLimits = IngestionLimits(),
        version: String = "1", freeBytes: (@Sendable () throws -> Int64)? = nil
    ) async throws {
        let database = PausingDatabase(base)
        self.database = database
        self.directory = directory
        let blobs = try BlobStore(
            directory: directory.path("data"), database: database, minFree: 1 << 20, now: EngineClock.system.now(), logger: .silent,
            freeBytes: freeBytes)
        workload = IngestionWorkload(
            database: database, blobs: blobs, settings: .init(maxUpload: maxUpload, limits: limits), version: version, logger: .silent)
        var registry = TaskRegistry()
        workload.registerTasks(in: &registry)
        var settings = EngineSettings()
        settings.pools = ["ingest": 2]
        settings.retry = .exponentialJitter(maxRetries: 1, base: .zero, cap: .zero)
        settings.grace = .zero
        self.settings = settings
        try await database.write {
            try QueueSetup.insertMissing([.init(name: "ingest", pool: "ingest", weight: 1)], now: 0, on: $0)
        }
        hub = ChangeHub(database: database)
        hub.subscribe { [changes] in for change in $0 { changes.send(change) } }
        service = TaskService(database: database, registry: registry, settings: settings, hub: hub)
    }

    /// Runs `body` with a harness of its own.
    static func with(
        _ kind: DatabaseKind, maxUpload: Int = 1 << 30, limits: IngestionLimits = IngestionLimits(),
        freeBytes: (@Sendable () throws -> Int64)? = nil, _ body: (IngestionHarness) async throws -> Void
    ) async throws {
        try await withDatabase(kind) { database in
            try await withTemporaryDirectory { directory in
                try await body(IngestionHarness(database, directory, maxUpload: maxUpload, limits: limits, freeBytes: freeBytes))
            }
        }
    }

    // MARK: - Engine

    /// Runs an engine while `body` runs, then shuts it down in order: what still runs is put back.
    func withEngine<R: Sendable>(_ body: () async throws -> R) async throws -> R {
        let engine = Engine(database: database, registry: service.registry, settings: settings, hub: hub, logger: .silent)
        let group = ServiceGroup(configuration: .init(services: [.init(service: engine)], logger: .silent))
        let running = Task { try await group.run() }
        let result: Result<R, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        await group.triggerGracefulShutdown()
        database.resume()
        try await running.value
        return try result.get()
    }

    /// Waits until the engine announces that `task` is in `state`.
    func wait(for task: Int64, _ state: TaskState) async throws {
        try await changes.wait { $0.contains { $0.id == task && $0.state == state } }
    }

    // MARK: - HTTP

    var application: some ApplicationProtocol {
        var routes = Routes()
        workload.addRoutes(to: &routes, service: service)
        return Application(
            router: routes.makeRouter(middleware: [TestIdentity(), ProblemMiddleware()]), server: .millrace(),
            configuration: .init(address: .hostname("127.0.0.1", port: 0)), logger: .silent)
    }

    /// What a request was answered.
    struct Answer {
        let status: Int
        let headers: HTTPFields
        let json: JSONValue

        var code: String? { json["code"]?.string }
        var pointers: [String] { json["errors"]?.elements.compactMap { $0["pointer"]?.string } ?? [] }
        var rows: [JSONValue] { json["data"]?.elements ?? [] }
    }

    func send(
        _ method: HTTPRequest.Method, _ path: String, tenant: String? = nil, headers: HTTPFields = [:], body: [UInt8]? = nil
    ) async throws -> Answer {
        var headers = headers
        if let tenant { headers[TestIdentity.tenant] = tenant }
        return try await application.test(.router) { [headers] client in
            try await client.execute(uri: path, method: method, headers: headers, body: body.map { ByteBuffer(bytes: $0) }) { response in
                let bytes = Array(response.body.readableBytesView)
                let json = try JSONDocument(parsing: bytes.isEmpty ? Array("null".utf8) : bytes).root
                return Answer(status: response.status.code, headers: response.headers, json: json)
            }
        }
    }

    func get(_ path: String, tenant: String? = nil) async throws -> Answer { try await send(.get, path, tenant: tenant) }

    /// Uploads `bytes` and returns the answer.
    func upload(
        _ bytes: [UInt8], _ filename: String = "etc.tar", type: String = "instance_etc", tenant: String? = nil
    ) async throws -> Answer {
        let form = MultipartBody([.file("file", filename, bytes), .field("type", type)])
        return try await send(.post, "/v1/uploads", tenant: tenant, headers: form.headers, body: form.bytes)
    }

    /// Uploads `bytes` and waits until their task is in `state`; an engine must be running.
    /// - Returns: the run's id.
    func ingest(
        _ bytes: [UInt8], _ filename: String = "etc.tar", type: String = "instance_etc", tenant: String? = nil,
        until state: TaskState = .succeeded
    ) async throws -> Int64 {
        let answer = try await upload(bytes, filename, type: type, tenant: tenant)
        guard let run = answer.json["run_id"]?.int64, let task = answer.json["task_id"]?.int64 else {
            throw FixtureError("the upload was refused: \(answer.json.rawText)")
        }
        try await wait(for: task, state)
        return run
    }

    /// Uploads `bytes` and waits until their task has ended, well or badly; an engine must be running.
    /// - Returns: the run's id.
    func ingestToEnd(_ bytes: [UInt8], type: String = "instance_etc") async throws -> Int64 {
        let answer = try await upload(bytes, type: type)
        guard let run = answer.json["run_id"]?.int64, let task = answer.json["task_id"]?.int64 else {
            throw FixtureError("the upload was refused: \(answer.json.rawText)")
        }
        try await changes.wait { $0.contains { $0.id == task && $0.state.isTerminal } }
        return run
    }

    /// All rows of a list, page by page.
    func all(_ path: String, limit: Int = 500) async throws -> [JSONValue] {
        var rows: [JSONValue] = []
        var cursor = ""
        while true {
            let page = try await get("\(path)\(path.contains("?") ? "&" : "?")limit=\(limit)&cursor=\(cursor)")
            rows += page.rows
            guard let next = page.json["next_cursor"]?.string else { return rows }
            cursor = next
        }
    }

    // MARK: - What is stored

    /// Files below `blobs`, as paths relative to it.
    func storedFiles() throws -> [String] {
        let root = directory.path("data/blobs")
        return try FileManager.default.subpathsOfDirectory(atPath: root).filter { path in
            var isDirectory: ObjCBool = false
            return FileManager.default.fileExists(atPath: root + "/" + path, isDirectory: &isDirectory) && !isDirectory.boolValue
        }.sorted()
    }

    /// Rows in all tables that hold results.
    func resultRows() async throws -> Int {
        try await database.count(
            """
            SELECT (SELECT COUNT(*) FROM stanzas) + (SELECT COUNT(*) FROM stanza_names) + (SELECT COUNT(*) FROM run_files)
                + (SELECT COUNT(*) FROM file_keys) + (SELECT COUNT(*) FROM run_problems)
            """
        )
    }
}
