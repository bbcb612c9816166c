package import Storage

/// Stored tokens and sessions of all tenants. One for the process.
package final class AccessStore: Sendable {
    /// Where they are.
    package let database: any Database
    private let clock: EngineClock

    /// - Parameter database: migrated.
    package init(database: any Database, clock: EngineClock = .system) {
        self.database = database
        self.clock = clock
    }

    /// Microseconds since 1970, as this store counts them.
    package func now() -> Int64 { clock.now() }

    /// The token of a digest; nil when there is none, or it has expired.
    package func token(_ digest: String) async throws -> StoredToken? {
        let now = clock.now()
        return try await database.read { try TokenRows.find(digest: digest, now: now, on: $0) }
    }

    /// Stores a token. It holds, in every process, when this returns.
    package func store(_ token: NewToken, tenant: String) async throws -> TokenRows.Result {
        let now = clock.now()
        return try await database.write { try TokenRows.insert(token, tenant: tenant, now: now, on: $0) }
    }

    /// Takes a token away. Processes that have seen it let it go within five seconds.
    /// - Returns: false when the tenant has no such token.
    package func revoke(_ id: Int64, tenant: String) async throws -> Bool {
        try await database.write { try TokenRows.delete(id, tenant: tenant, on: $0) }
    }

    /// The session of a digest; nil when there is none, or it has ended.
    package func session(_ digest: String) async throws -> StoredSession? {
        let now = clock.now()
        return try await database.read { try SessionRows.find(digest: digest, now: now, on: $0) }
    }

    /// Begins a session.
    package func begin(_ session: StoredSession, digest: String) async throws {
        let now = clock.now()
        try await database.write { connection in
            try SessionRows.deleteExpired(now: now, on: connection)
            try SessionRows.insert(session, digest: digest, now: now, on: connection)
        }
    }

    /// Ends a session; one that has ended is no mistake.
    package func endSession(_ digest: String) async throws {
        try await database.write { try SessionRows.delete(digest: digest, on: $0) }
    }
}
