import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import JSONText
import Logging
import NIOCore
import Storage
import TaskEngine
import TestSupport
import Testing
import WebAPI
import WebCore

/// The routes of this module over a database of the test's own, with no engine: nothing happens to a task but what the
/// test does. Requests come from tenant `default`; the queues `default` and `slow` exist.
struct TestAPI: Sendable {
    let database: any Database
    let service: TaskService
    let clock: TestClock
    /// Examines when asked, without a pause between its looks.
    let doctor: DoctorService
    /// In a directory that is the test's own.
    let blobs: BlobStore
    let client: any TestClientProtocol

    static func with(
        _ kind: DatabaseKind, patience: Duration = .seconds(30), isDraining: @escaping @Sendable () -> Bool = { false },
        hasSecretsKey: Bool = true, _ body: @Sendable (TestAPI) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            try await with(kind, directory, patience: patience, isDraining: isDraining, hasSecretsKey, body)
        }
    }

    private static func with(
        _ kind: DatabaseKind, _ directory: TemporaryDirectory, patience: Duration, isDraining: @escaping @Sendable () -> Bool,
        _ hasSecretsKey: Bool, _ body: @Sendable (TestAPI) async throws -> Void
    ) async throws {
        try await withDatabase(kind) { database in
            let blobs = try BlobStore(directory: directory.path("data"), database: database, minFree: 0, now: 0, logger: .silent)
            try await database.insertQueue("default", pool: "default", weight: 2)
            try await database.insertQueue("slow", pool: "other")
            let clock = TestClock()
            let service = TaskService(
                database: database, registry: registry, settings: EngineSettings(), hub: ChangeHub(database: database),
                clock: EngineClock(now: { clock.now }))
            let migrator = Migrator(database: database, directory: RepositoryFiles.migrations, logger: .silent)
            let readiness = Readiness(database: database, migrator: migrator, patience: patience, isDraining: isDraining)
            let doctor = DoctorService(
                doctor: Doctor(database: database, now: { clock.now }, pause: {}), interval: nil, clock: EngineClock(now: { clock.now }),
                logger: .silent)
            let artifacts = ArtifactStore(database: database, blobs: blobs, mostBytes: 1 << 30)
            let key = Data(repeating: 1, count: 32).base64EncodedString()
            let secrets = SecretStore(database: database, keys: hasSecretsKey ? SecretKeys(key) : nil)
            let app = Application(
                router: router(service: service, artifacts: artifacts, secrets: secrets, readiness: readiness, doctor: doctor),
                logger: .silent)
            try await app.test(.router) { client in
                try await body(TestAPI(database: database, service: service, clock: clock, doctor: doctor, blobs: blobs, client: client))
            }
        }
    }

    private static var registry: TaskRegistry {
        var registry = TaskRegistry()
        DemoTasks.register(in: &registry)
        WorkflowTasks.register(in: &registry)
        registry.register(name: "test.sample", options: .init(queue: "slow", aliases: ["sample"])) { _, _ in nil }
        registry.register(
            name: "test.picky",
            checking: { $0 == "{}" ? [] : [InputFault(["a/b"], "is too small"), InputFault(["list", "0"], "is no number")] }
        ) { _, _ in nil }
        return registry
    }

    private static func router(
        service: TaskService, artifacts: ArtifactStore, secrets: SecretStore, readiness: Readiness, doctor: DoctorService
    ) -> Router<MillraceRequestContext> {
        let metrics = PrometheusRegistry()
        var routes = Routes()
        routes.add(TaskRoutes(service: service))
        routes.add(BulkRoutes(service: service))
        routes.add(WorkflowRoutes(service: WorkflowService(tasks: service)))
        routes.add(WorkflowRunRoutes(service: WorkflowService(tasks: service)))
        routes.add(ArtifactRoutes(service: WorkflowService(tasks: service), artifacts: artifacts))
        routes.add(SecretRoutes(secrets: secrets))
        routes.add(QueueRoutes(service: service))
        routes.add(PoolRoutes(service: service))
        routes.add(ScheduleRoutes(service: ScheduleService(tasks: service)))
        routes.add(WorkerRoutes(service: service, staleAfter: .seconds(20), doctor: doctor.record))
        routes.add(DoctorRoutes(doctor: doctor))
        routes.add(HealthRoutes(readiness: readiness, version: "1.2.3"))
        routes.add(MetricsRoute(service: service, registry: metrics, doctor: doctor.record))
        return routes.makeRouter(metrics: metrics, authenticator: nil)
    }

    // MARK: - Requests

    func get(_ path: String) async throws -> Answer {
        try await send(.get, path)
    }

    /// - Parameter contentType: nil sends none.
    func post(_ path: String, _ body: String = "", contentType: String? = "application/json") async throws -> Answer {
        try await send(.post, path, body: body, contentType: contentType)
    }

    /// As ``post(_:_:contentType:)`` with an `Idempotency-Key`.
    func post(_ path: String, _ body: String, key: String) async throws -> Answer {
        try await send(.post, path, body: body, contentType: "application/json", headers: [HTTPField.Name("Idempotency-Key")!: key])
    }

    func send(
        _ method: HTTPRequest.Method, _ path: String, body: String? = nil, contentType: String? = nil, headers: HTTPFields = [:]
    ) async throws -> Answer {
        var headers = headers
        if let contentType { headers[.contentType] = contentType }
        return try await client.execute(uri: path, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) }) {
            response in
            Answer(status: response.status.code, headers: response.headers, text: String(buffer: response.body))
        }
    }

    /// Submits one task and returns its id.
    func submit(_ body: String = #"{"type": "demo.noop"}"#) async throws -> Int64 {
        let answer = try await post("/v1/tasks", body)
        #expect(answer.status == 202, "\(answer.text)")
        return try #require(try answer.json["id"]?.int64)
    }
}

/// What came back.
struct Answer: Sendable {
    let status: Int
    let headers: HTTPFields
    let text: String

    /// The body; an empty or malformed one fails the test.
    var json: JSONValue {
        get throws { try JSONDocument(parsing: text).root }
    }

    /// The rows of a list.
    var rows: [JSONValue] {
        get throws { try json["data"]?.elements ?? [] }
    }

    /// A problem's own word; nil for anything else.
    var problemCode: String? {
        get throws { headers[.contentType] == "application/problem+json" ? try json["code"]?.string : nil }
    }

    /// Where a problem says something is wrong.
    var pointers: [String] {
        get throws { try json["errors"]?.elements.compactMap { $0["pointer"]?.string } ?? [] }
    }
}

extension JSONValue {
    /// The keys of an object, in order.
    var keys: [String] { members.map(\.key) }
}
