import JSONText
package import Logging
import Synchronization
package import TaskEngine

/// The public keys of whoever issues tokens, from a file or an address (RFC 7517).
///
/// They are read again when a token names a key that is not here, but not more often than every ``pause``, and by ``refresh()``. While the
/// source cannot be read, or holds no set of keys, those from before go on.
package final class PublishedKeys: Sendable {
    /// Reads the source: JSON, at most ``longest`` bytes.
    package typealias Fetch = @Sendable () async throws -> [UInt8]

    /// From one reading to the next that a token can cause: names of keys that nobody has cost no more than this.
    static let pause = Duration.seconds(10)
    /// Bytes of the longest set.
    package static let longest = 1 << 20
    /// Keys of the largest set.
    static let mostKeys = 100

    private struct State {
        var keys: [VerificationKey] = []
        var document: [UInt8]?
        /// Rises whenever the keys change.
        var generation = 0
        var lastTry: ContinuousClock.Instant?
        var reading: Task<Void, Never>?
    }

    enum Found {
        case key(VerificationKey)
        /// The issuer has no such key.
        case unknown
        /// The source could not be read yet, not once.
        case unavailable
    }

    private let state = Mutex(State())
    private let fetch: Fetch
    private let clock: EngineClock
    private let logger: Logger

    /// Creates an empty set, which is read when the first token comes, or by ``load()``.
    package init(clock: EngineClock = .system, logger: Logger, fetch: @escaping Fetch) {
        self.fetch = fetch
        self.clock = clock
        self.logger = logger
    }

    /// Tells whether what was found with these keys still holds.
    var generation: Int { state.withLock { $0.generation } }

    /// Reads the source now.
    /// - Throws: what reading throws, ``UnusableKeys``. The keys from before stay then.
    package func load() async throws {
        let document = try await fetch()
        guard document != state.withLock({ $0.document }) else { return }
        let keys = try await Self.parse(document)
        state.withLock { state in
            state.keys = keys
            state.document = document
            state.generation += 1
        }
    }

    /// As ``load()``, but a failure is only logged.
    package func refresh() async {
        do {
            try await load()
        } catch {
            logger.warning("the keys of MILLRACE_JWKS cannot be read; those from before stay", metadata: ["error": "\(error)"])
        }
    }

    /// The key of this name, or the only one when a token names none.
    func find(_ id: String?) async -> Found {
        if let key = known(id) { return .key(key) }
        await readAgain()
        if let key = known(id) { return .key(key) }
        return state.withLock { $0.document == nil } ? .unavailable : .unknown
    }

    private func known(_ id: String?) -> VerificationKey? {
        state.withLock { state in
            if let id { return state.keys.first { $0.id == id } }
            return state.keys.count == 1 ? state.keys[0] : nil
        }
    }

    /// One reading for all who miss a key at the same time; none soon after the last.
    private func readAgain() async {
        let now = clock.monotonic()
        let reading = state.withLock { state -> Task<Void, Never>? in
            if let reading = state.reading { return reading }
            if let last = state.lastTry, last.duration(to: now) < Self.pause { return nil }
            state.lastTry = now
            let reading = Task {
                await self.refresh()
                self.state.withLock { $0.reading = nil }
            }
            state.reading = reading
            return reading
        }
        await reading?.value
    }

    /// - Throws: ``UnusableKeys`` when it is no set, or none of its keys is of use here.
    private static func parse(_ document: [UInt8]) async throws -> [VerificationKey] {
        guard document.count <= longest, let root = try? JSONDocument(parsing: document).root, let list = root["keys"], list.kind == .array
        else { throw UnusableKeys(description: "it is no set of keys (RFC 7517)") }
        var keys: [VerificationKey] = []
        for json in list.elements.prefix(mostKeys) {
            // One that is broken or of a kind that is not taken leaves the others their use.
            if let key = try? await VerificationKey.published(json) { keys.append(key) }
        }
        guard !keys.isEmpty else { throw UnusableKeys(description: "it has no key for RS256, ES256 or EdDSA") }
        guard Set(keys.map(\.id)).count == keys.count else { throw UnusableKeys(description: "two of its keys have the same kid") }
        return keys
    }
}

/// A source of keys that has none of use.
package struct UnusableKeys: Error, Sendable, CustomStringConvertible {
    /// One line for the operator.
    package let description: String
}
