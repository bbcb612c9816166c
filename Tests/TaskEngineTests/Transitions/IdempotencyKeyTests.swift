import Storage
import Synchronization
import TaskEngine
import TestSupport
import Testing

@Suite("Idempotency keys", .timeLimit(.minutes(5)))
struct IdempotencyKeyTests {
    private static let day = IdempotencyKeys.lifetime

    @Test("the first request is carried out, the next ones find its answer", arguments: DatabaseKind.available)
    func replay(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await database.insertQueue()
            #expect(try await database.submitOnce(.named("a"), now: 5) == .done)
            #expect(try await database.submitOnce(.named("a"), now: 6) == .replayed("[1]"))
            #expect(try await database.submitOnce(.named("b"), now: 7) == .done)
            #expect(try await database.count("SELECT COUNT(*) FROM tasks") == 2)
        }
    }

    @Test("another request with the same key is refused, and the first answer stays", arguments: DatabaseKind.available)
    func reused(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await database.insertQueue()
            _ = try await database.submitOnce(.named("a"))
            #expect(try await database.submitOnce(.named("a", fingerprint: "other")) == .reused)
            #expect(try await database.submitOnce(.named("a")) == .replayed("[1]"))
            #expect(try await database.count("SELECT COUNT(*) FROM tasks") == 1)
        }
    }

    @Test("tenant, subject and route keep keys apart", arguments: DatabaseKind.available)
    func scope(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await database.insertQueue()
            for key in [
                IdempotencyKey.named("a"), .named("a", tenant: "other"), .named("a", subject: "bob"), .named("a", route: "POST /y"),
                .named("A"),
            ] {
                #expect(try await database.submitOnce(key) == .done)
            }
        }
    }

    @Test("a refusal leaves nothing, and the key can be used again", arguments: DatabaseKind.available)
    func refusal(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await database.insertQueue()
            #expect(try await database.submitOnce(.named("a"), refused: true) == .refused)
            #expect(try await database.count("SELECT COUNT(*) FROM idempotency_keys") == 0)
            #expect(try await database.submitOnce(.named("a", fingerprint: "mended")) == .done)
        }
    }

    @Test("an effect that fails takes the key with it", arguments: DatabaseKind.available)
    func failure(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await database.insertQueue()
            await #expect(throws: StorageError.self) { try await database.submitOnce(.named("a"), priority: 10) }
            #expect(try await database.count("SELECT COUNT(*) FROM idempotency_keys") == 0)
        }
    }

    @Test("a day later the key counts as unknown, whether it was pruned or not", arguments: DatabaseKind.available)
    func lifetime(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await database.insertQueue()
            _ = try await database.submitOnce(.named("a"), now: 10)
            #expect(try await database.submitOnce(.named("a"), now: 9 + Self.day) == .replayed("[1]"))
            #expect(try await database.submitOnce(.named("a", fingerprint: "new"), now: 10 + Self.day) == .done)
            #expect(try await database.submitOnce(.named("a", fingerprint: "new"), now: 11 + Self.day) == .replayed("[1]"))
            // A refusal of an old key forgets it.
            _ = try await database.submitOnce(.named("b"), now: 10)
            #expect(try await database.submitOnce(.named("b"), now: 10 + Self.day, refused: true) == .refused)
            #expect(try await database.count("SELECT COUNT(*) FROM idempotency_keys") == 1)
        }
    }

    @Test("pruning removes what counts as unknown and nothing else", arguments: DatabaseKind.available)
    func prune(_ kind: DatabaseKind) async throws {
        try await withDatabase(kind) { database in
            try await database.insertQueue()
            for index in 0..<5 { _ = try await database.submitOnce(.named("\(index)"), now: Int64(index)) }
            let now = 3 + Self.day
            #expect(try await database.write { try IdempotencyKeys.prune(now: now, limit: 3, on: $0) } == 3)
            #expect(try await database.write { try IdempotencyKeys.prune(now: now, limit: 3, on: $0) } == 1)
            #expect(try await database.write { try IdempotencyKeys.prune(now: now, limit: 3, on: $0) } == 0)
            #expect(try await database.submitOnce(.named("4"), now: now) == .replayed("[1]"))
        }
    }

    @Test("32 equal requests at once are carried out once", arguments: DatabaseKind.available)
    func race(_ kind: DatabaseKind) async throws {
        try await withDatabasePlace(kind) { place in
            let database = try await place.open(poolSize: 16)
            defer { database.close() }
            try await place.migrate(database)
            try await database.insertQueue()
            let ends = try await withThrowingTaskGroup(of: End.self) { group in
                for _ in 0..<32 { group.addTask { try await database.submitOnce(.named("a")) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(ends.count { $0 == .done } == 1 && ends.count { $0 == .replayed("[1]") } == 31)
            #expect(try await database.count("SELECT COUNT(*) FROM tasks") == 1)
        }
    }

    @Test("a request that waits for one that is refused is carried out itself", .enabled(if: PostgresSchema.isAvailable))
    func waitsForRefusal() async throws {
        try await withDatabase(.postgres) { database in
            try await database.insertQueue()
            let (entered, gate) = (TestSignal<Void>(), TestGate())
            async let first = database.submitOnce(.named("a"), refused: true) {
                entered.send()
                try gate.pass()
            }
            try await entered.wait()
            async let second = database.submitOnce(.named("a"))
            gate.open()
            #expect(try await first == .refused)
            #expect(try await second == .done)
        }
    }
}

private enum End: Equatable, Sendable {
    case done
    case replayed(String)
    case refused
    case reused
}

extension IdempotencyKey {
    fileprivate static func named(
        _ text: String, tenant: String = "acme", subject: String = "ann", route: String = "POST /x", fingerprint: String = "f"
    ) -> IdempotencyKey {
        IdempotencyKey(tenant: tenant, subject: subject, route: route, text: text, fingerprint: fingerprint)
    }
}

extension Database {
    /// Submits one task under the key.
    @discardableResult
    fileprivate func submitOnce(
        _ key: IdempotencyKey, now: Int64 = 0, refused: Bool = false, priority: Int = 5,
        inside: @escaping @Sendable () throws -> Void = {}
    ) async throws -> End {
        try await write { connection in
            try IdempotencyKeys.once(
                key, now: now, on: connection,
                effect: {
                    try inside()
                    if refused { return .refused }
                    _ = try Submit.submit([.sample(priority: priority)], now: now, on: connection)
                    return .done
                },
                answer: { (end: End) in end == .refused ? nil : "[1]" }, replay: { .replayed($0) }) ?? .reused
        }
    }
}
