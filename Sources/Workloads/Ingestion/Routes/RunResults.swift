import Storage
import TaskEngine
import WebCore

/// Reads from the result of a run that a path names.
struct RunResults: Sendable {
    let database: any Database

    /// Reads in one snapshot; nil when there is no result yet.
    /// - Throws: ``Problem`` with code `not_found` if the tenant has no such run.
    func read<T: Sendable>(
        _ context: MillraceRequestContext, _ body: @escaping @Sendable (ReadRuns.Result, any Connection) throws -> T
    ) async throws -> T? {
        let id = try context.pathID()
        let tenant = context.tenant
        let found = try await database.read { connection -> T?? in
            guard let result = try ReadRuns.result(id, tenant: tenant, on: connection) else { return nil }
            guard let result else { return .some(nil) }
            return try body(result, connection)
        }
        guard let found else { throw Problem(.notFound) }
        return found
    }
}
