package import Storage

/// Carries a request out once, however often it is sent.
///
/// The key's row is written in the transaction of the effect: before the commit neither exists, after it both do, so a
/// process that dies in between leaves a request that may be sent again. Of two requests with one key that come at once the
/// second waits for the row and then finds the answer. What was refused leaves no row.
package enum IdempotencyKeys {
    /// How long a key is remembered, in microseconds: 24 hours. Later it counts as unknown.
    package static let lifetime: Int64 = 86_400_000_000

    /// Runs `effect`, or finds what it led to when the key was used before.
    /// - Parameters:
    ///   - key: nil runs the effect and writes nothing more.
    ///   - now: microseconds since 1970.
    ///   - effect: the request's own writes; runs after the key was locked.
    ///   - answer: what of the effect is kept, ids as JSON, never empty; nil for a refusal, which the sender may mend and repeat.
    ///   - replay: makes the effect from what was kept, with rows as they are now.
    /// - Returns: nil when the key was used for another request; nothing was written then.
    package static func once<Effect>(
        _ key: IdempotencyKey?, now: Int64, on connection: any Connection, effect: () throws -> Effect, answer: (Effect) -> String?,
        replay: (String) throws -> Effect
    ) throws -> Effect? {
        guard let key else { return try effect() }
        if let known = try take(key, now: now, connection), !known.answer.isEmpty, known.createdAt > now - lifetime {
            return known.fingerprint == key.fingerprint ? try replay(known.answer) : nil
        }
        let effect = try effect()
        if let answer = answer(effect) {
            try keep(key, answer, now: now, connection)
        } else {
            try forget(key, connection)
        }
        return effect
    }

    /// Removes keys that count as unknown, the oldest first.
    /// - Returns: how many; less than `limit` when none is left.
    package static func prune(now: Int64, limit: Int, on connection: any Connection) throws -> Int {
        try connection.execute(
            """
            DELETE FROM idempotency_keys WHERE (tenant, subject, route, idem_key) IN (
                SELECT tenant, subject, route, idem_key FROM idempotency_keys WHERE created_at <= \(now - lifetime)
                ORDER BY created_at LIMIT \(limit)\(lock: .updateSkipLocked))
            """)
    }

    private struct Known {
        let fingerprint: String
        let answer: String
        let createdAt: Int64
    }

    /// Inserts the key or finds it, and locks it until the commit. A new row has no answer yet.
    private static func take(_ key: IdempotencyKey, now: Int64, _ connection: any Connection) throws -> Known? {
        try connection.row(
            """
            INSERT INTO idempotency_keys (tenant, subject, route, idem_key, fingerprint, answer, created_at)
            VALUES (\(key.tenant), \(key.subject), \(key.route), \(key.text), \(key.fingerprint), '', \(now))
            ON CONFLICT (tenant, subject, route, idem_key) DO UPDATE SET created_at = idempotency_keys.created_at
            RETURNING fingerprint, answer, created_at
            """
        ) { Known(fingerprint: $0.text(0), answer: $0.text(1), createdAt: $0.int(2)) }
    }

    private static func keep(_ key: IdempotencyKey, _ answer: String, now: Int64, _ connection: any Connection) throws {
        try connection.execute(
            """
            UPDATE idempotency_keys SET fingerprint = \(key.fingerprint), answer = \(answer), created_at = \(now)
            WHERE tenant = \(key.tenant) AND subject = \(key.subject) AND route = \(key.route) AND idem_key = \(key.text)
            """)
    }

    private static func forget(_ key: IdempotencyKey, _ connection: any Connection) throws {
        try connection.execute(
            """
            DELETE FROM idempotency_keys
            WHERE tenant = \(key.tenant) AND subject = \(key.subject) AND route = \(key.route) AND idem_key = \(key.text)
            """)
    }
}
