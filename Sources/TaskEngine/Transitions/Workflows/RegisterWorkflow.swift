package import Storage

/// Stores definitions: a version for each content that differs from the one before.
///
/// Before the commit the definition cannot be run; after it new runs follow it, and those under way follow their own to the end.
/// Registering the latest content again changes nothing, also when two processes do it at once.
package enum RegisterWorkflow {
    /// What a registration led to.
    package enum Result: Sendable, Equatable {
        /// A new version.
        case created(ReadDefinitions.Stored)
        /// The latest version says the same.
        case unchanged(ReadDefinitions.Stored)

        /// The version that counts from now on.
        package var stored: ReadDefinitions.Stored {
            switch self {
            case .created(let stored), .unchanged(let stored): stored
            }
        }
    }

    /// - Parameter tenant: "" for a built-in definition.
    package static func register(
        _ definition: WorkflowDefinition, tenant: String, now: Int64, on connection: any Connection
    ) throws -> Result {
        // Another process may take the number meanwhile; then its version is there to be compared with.
        for _ in 0..<1000 {
            let latest = try latest(definition.name, tenant, connection)
            if let latest, latest.digest == definition.digest { return .unchanged(latest) }
            if let stored = try insert(definition, tenant, version: (latest?.version ?? 0) + 1, now: now, connection) {
                return .created(stored)
            }
        }
        throw StorageError(.conflict, "the workflow '\(definition.name)' is being registered by many at once")
    }

    /// What a registration would lead to; a new version has the id 0.
    package static func preview(
        _ definition: WorkflowDefinition, tenant: String, now: Int64, on connection: any Connection
    ) throws -> Result {
        let latest = try latest(definition.name, tenant, connection)
        if let latest, latest.digest == definition.digest { return .unchanged(latest) }
        return .created(stored(definition, tenant, id: 0, version: (latest?.version ?? 0) + 1, now: now))
    }

    private static func latest(_ name: String, _ tenant: String, _ connection: any Connection) throws -> ReadDefinitions.Stored? {
        let found = try ReadDefinitions.find(name, version: nil, tenant: tenant, on: connection)
        return found?.tenant == tenant ? found : nil
    }

    /// Nil when there is such a version already.
    private static func insert(
        _ definition: WorkflowDefinition, _ tenant: String, version: Int, now: Int64, _ connection: any Connection
    ) throws -> ReadDefinitions.Stored? {
        let id = try connection.allocateID()
        let inserted = try connection.execute(
            """
            INSERT INTO workflows (id, tenant, name, version, digest, definition, created_at)
            VALUES (\(id), \(tenant), \(definition.name), \(Int64(version)), \(definition.digest), \(definition.text), \(now))
            ON CONFLICT (tenant, name, version) DO NOTHING
            """)
        guard inserted == 1 else { return nil }
        return stored(definition, tenant, id: id, version: version, now: now)
    }

    private static func stored(
        _ definition: WorkflowDefinition, _ tenant: String, id: Int64, version: Int, now: Int64
    ) -> ReadDefinitions.Stored {
        ReadDefinitions.Stored(
            id: id, tenant: tenant, name: definition.name, version: version, digest: definition.digest, text: definition.text,
            createdAt: now)
    }
}
