import Crypto
import Synchronization
import TaskEngine

/// Who the last callers were, by the digest of what they brought, so that a token is not verified anew with each request.
///
/// Only what was found good is kept, so that nobody without a token can fill it. What can be revoked is looked up again after
/// ``freshness``: a revocation has come through everywhere within five seconds.
final class VerifiedTokens: Sendable {
    /// How long a stored token or a session is taken to be what it was.
    static let freshness = Duration.seconds(4)
    /// Beyond this many all are forgotten: they are verified again, which costs little.
    static let most = 10_000

    private struct Entry {
        let identity: Identity
        /// Of the published keys, for a signed token.
        let generation: Int
        /// Nil for a signed token, which holds until it expires.
        let until: ContinuousClock.Instant?
    }

    private let entries = Mutex<[SHA256.Digest: Entry]>([:])
    private let skew: Int64
    private let clock: EngineClock

    /// - Parameter skew: how long a signed token holds beyond its end.
    init(skew: Duration, clock: EngineClock) {
        self.skew = Int64(skew / .microseconds(1))
        self.clock = clock
    }

    /// - Parameter generation: that of the published keys now.
    func find(_ digest: SHA256.Digest, generation: Int) -> Identity? {
        guard let entry = entries.withLock({ $0[digest] }) else { return nil }
        if let until = entry.until {
            guard clock.monotonic() < until else { return nil }
        } else if entry.generation != generation {
            return nil
        }
        if let expiry = entry.identity.expiresAt, clock.now() >= expiry + (entry.until == nil ? skew : 0) { return nil }
        return entry.identity
    }

    /// - Parameters:
    ///   - generation: that of the published keys before it was verified.
    ///   - since: when a stored token was looked up, taken before that; nil for a signed one.
    func keep(_ digest: SHA256.Digest, _ identity: Identity, generation: Int, since: ContinuousClock.Instant? = nil) {
        let entry = Entry(identity: identity, generation: generation, until: since.map { $0 + Self.freshness })
        entries.withLock { entries in
            if entries.count >= Self.most { entries.removeAll(keepingCapacity: true) }
            entries[digest] = entry
        }
    }

    /// Forgets one at once; other processes find out in time.
    func forget(_ digest: SHA256.Digest) {
        entries.withLock { $0[digest] = nil }
    }
}
