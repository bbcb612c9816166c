import Executors
import JSONText
import Storage

/// A command's way to a server: which one it is, how long it is tried, and what its answers mean.
///
/// With a URL that server is asked. Without, the command works in the configured database; when that is an SQLite file which
/// another process owns, it asks the owner, whose URL stands in the lock file.
struct ServerClient: Sendable {
    /// How long a server that does not answer, or is just starting, is tried.
    static let patience = Duration.seconds(10)
    static let pause = Duration.milliseconds(100)

    /// The server that the caller named; nil finds the way by the configured database.
    let url: String?
    private let database: DatabaseLocation
    private let credentials: ClientCredentials
    private let http: OutgoingHTTP

    init(settings: Settings, url: String?) {
        self.url = url
        database = settings.database
        credentials = ClientCredentials(settings)
        // The owner of the database is a process on this machine that holds our own file, whatever name its certificate is for.
        http = OutgoingHTTP(egress: EgressGuard(allowed: .none), version: MillraceApp.version, verifies: url != nil)
    }

    /// One request to a server.
    struct Call: Sendable {
        var method = "POST"
        /// With its query.
        let path: String
        /// JSON; empty sends none.
        var body: [UInt8] = []
        /// Sends it once, however often it is tried.
        var idempotencyKey: String?
        /// For everything together.
        var timeout = Duration.seconds(30)
        /// Bytes of the answer that are kept.
        var mostBytes = 1 << 20
    }

    /// What a server answered.
    struct Answer: Sendable {
        let status: Int
        fileprivate let text: String
        /// Where it was asked, for people.
        fileprivate let place: String

        /// What it says against what was asked.
        var refusal: ClientError { ClientError(status: status, body: text) }

        /// The object that it answered.
        /// - Parameter member: an integer that it has.
        /// - Throws: ``ClientError``: ``refusal``, or that whoever answered is no such server.
        func object(with member: String) throws -> JSONValue {
            guard (200..<300).contains(status) else { throw refusal }
            guard let object = try? JSONDocument(parsing: text).root, object[member]?.int64 != nil else {
                throw ClientError(.unreachable, "\(place) does not answer like millrace")
            }
            return object
        }
    }

    /// Owner of the database, where one can be asked.
    var owner: String? { database.answeringOwner }

    /// Has the named server do it or, without one, does it in the database or has the owner of that do it. Tries again, for
    /// ``patience``, what may go better the next time: both ways must lead to the same however often they are gone.
    /// - Throws: what the ways throw; ``ClientError`` when no server answered.
    func reach<T: Sendable>(inDatabase: () async throws -> T, asking: (_ url: String) async throws -> T) async throws -> T {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            do {
                return try await reachOnce(inDatabase, asking)
            } catch let error where isPassing(error) && ContinuousClock.now < deadline {
                try await Task.sleep(for: Self.pause)
            } catch let failure as OutgoingFailure {
                throw ClientError(.unreachable, failure.message)
            }
        }
    }

    /// Asks a server once.
    /// - Throws: ``ClientError`` when `url` is none, `OutgoingFailure` when nobody answered.
    func send(_ call: Call, to url: String) async throws -> Answer {
        var request = OutgoingRequest(method: call.method, url: try Self.endpoint(url, call.path), body: call.body)
        if !call.body.isEmpty { request.headers.append(("Content-Type", "application/json")) }
        if let key = call.idempotencyKey { request.headers.append(("Idempotency-Key", key)) }
        request.headers += try await credentials.headers(isOwner: self.url == nil)
        request.timeout = call.timeout
        request.mostBodyBytes = call.mostBytes
        let response = try await http.send(request, through: .trusted)
        return Answer(status: response.status, text: String(decoding: response.body, as: UTF8.self), place: request.url.shown)
    }

    private func reachOnce<T: Sendable>(_ inDatabase: () async throws -> T, _ asking: (String) async throws -> T) async throws -> T {
        if let url { return try await asking(url) }
        do {
            return try await inDatabase()
        } catch let error as StorageError where error.code == .locked {
            // Its owner may have no HTTP, or not yet: then the lock is tried again.
            guard let owner else { throw error }
            return try await asking(owner)
        }
    }

    private static func endpoint(_ base: String, _ path: String) throws -> OutgoingURL {
        do {
            return try OutgoingURL((base.hasSuffix("/") ? String(base.dropLast()) : base) + path)
        } catch {
            throw ClientError(.usage, "the server's url \(error.reason)")
        }
    }

    private func isPassing(_ error: any Error) -> Bool {
        switch error {
        case let error as StorageError: error.code == .locked || error.code == .busy
        // The owner of a database may end or move to another port meanwhile; a server that the caller named is there or not.
        case let failure as OutgoingFailure: failure.code == .connectionLost || (failure.code == .connectionFailed && url == nil)
        default: false
        }
    }
}

extension DatabaseLocation {
    /// The URL that the lock file of an SQLite database names, if it can be asked.
    var answeringOwner: String? {
        guard case .sqlite(let path) = self, let owner = SQLiteOwner(lastOf: path), !owner.url.isEmpty, !owner.url.hasSuffix(":0") else {
            return nil
        }
        return owner.url
    }
}
