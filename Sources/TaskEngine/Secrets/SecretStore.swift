package import Storage

/// The secrets of all tenants: sealed in the database, opened for the handlers that read them. One for the process.
package final class SecretStore: Sendable {
    /// Bytes of the shortest value: a shorter one could not be hidden without hiding what it is not.
    package static let shortest = 4
    /// Bytes of the longest value.
    package static let longest = 65_536
    /// Secrets that one step of a rotation seals again.
    private static let step = 100

    /// Where they are.
    package let database: any Database
    private let keys: SecretKeys?
    private let clock: EngineClock

    /// - Parameter keys: nil leaves the feature off.
    package init(database: any Database, keys: SecretKeys?, clock: EngineClock = .system) {
        self.database = database
        self.keys = keys
        self.clock = clock
    }

    /// Whether there is a key.
    package var isAvailable: Bool { keys != nil }

    /// Stores a value under a name, in place of the one before.
    /// - Returns: what there is now, and whether there was none before; nil without a key.
    package func put(_ name: String, _ value: String, tenant: String) async throws -> (secret: SecretDetail, isNew: Bool)? {
        guard let keys else { return nil }
        let sealed = try keys.seal(value, tenant: tenant, name: name)
        let now = clock.now()
        return try await database.write { connection in
            let isNew = try SecretRows.put(name, sealed, tenant: tenant, now: now, on: connection)
            guard let secret = try ReadSecrets.find(name, tenant: tenant, on: connection) else {
                throw StorageError(.other, "a secret that was just written is not there")
            }
            return (secret, isNew)
        }
    }

    /// Opens secrets of a tenant for an attempt.
    /// - Throws: ``TaskFailure`` and ``TaskError`` in the words of a handler: `unknown_secret`, `secrets_unavailable`.
    func open(_ names: Set<String>, tenant: String) async throws -> [String: String] {
        guard let keys else {
            throw TaskError(code: "secrets_unavailable", message: "this process has no key for secrets (MILLRACE_SECRETS_KEY)")
        }
        let stored = try await database.read { try ReadSecrets.sealed(names.sorted(), tenant: tenant, on: $0) }
        var values: [String: String] = [:]
        for name in names.sorted() {
            guard let sealed = stored[name] else { throw TaskFailure.permanent(code: "unknown_secret", "there is no secret '\(name)'") }
            guard let value = keys.open(sealed, tenant: tenant, name: name) else {
                let reason =
                    keys.knows(sealed)
                    ? "does not open: what is stored was changed or is another's"
                    : "is sealed under a key that this process does not have (MILLRACE_SECRETS_KEY)"
                throw TaskError(code: "secrets_unavailable", message: "the secret '\(name)' \(reason)")
            }
            values[name] = value
        }
        return values
    }

    /// Seals again, under the first key, what is sealed under another. May run beside everything else and be run again; killed in
    /// between, it leaves each secret sealed under one key or the other.
    /// - Returns: how many were sealed again, and how many no key here opens; nil without a key.
    package func rotate() async throws -> (rotated: Int, unopened: Int)? {
        guard let keys else { return nil }
        var (rotated, unopened) = (0, 0)
        var last = (tenant: "", name: "")
        while true {
            let page = try await database.read { [last] in
                try SecretRows.others(than: keys.current, after: last, limit: Self.step, on: $0)
            }
            for row in page {
                guard let value = keys.open(row.sealed, tenant: row.tenant, name: row.name) else {
                    unopened += 1
                    continue
                }
                let sealed = try keys.seal(value, tenant: row.tenant, name: row.name)
                // One that was replaced meanwhile is sealed under the first key already.
                if try await database.write({ try SecretRows.replace(row, with: sealed, on: $0) }) { rotated += 1 }
            }
            guard page.count == Self.step, let end = page.last else { return (rotated, unopened) }
            last = (end.tenant, end.name)
        }
    }
}
