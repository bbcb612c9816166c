import Storage
import TaskEngine
import TestSupport

extension InterleavedTransition {
    static let secrets: [InterleavedTransition] = [
        InterleavedTransition("put a new secret") { _, connection in
            Answer(made: try put("NEW", connection) ? "the secret NEW" : nil)
        },
        InterleavedTransition("put a secret") { _, connection in
            Answer(made: try put("OLD", connection) ? "the secret OLD" : nil)
        },
        quiet("delete a secret") { _, connection in
            _ = try SecretRows.delete("OLD", tenant: InterleavingWorld.tenant, on: connection)
        },
    ]

    private static func put(_ name: String, _ connection: any Connection) throws -> Bool {
        try SecretRows.put(
            name, SealedSecret(key: "k", text: "new"), tenant: InterleavingWorld.tenant, now: InterleavingWorld.now, on: connection)
    }
}
