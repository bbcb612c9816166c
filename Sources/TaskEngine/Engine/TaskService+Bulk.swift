/// Retrying and cancelling many tasks: the request becomes a task that does it.
extension TaskService {
    /// Submits an operation over all tasks of the tenant that match `filter` and were submitted before it.
    /// - Parameter key: as with ``submit(_:tenant:once:)``.
    /// - Returns: the operation's task, or why there is none.
    package func submit(
        _ action: BulkAction, _ filter: BulkFilter, tenant: String, once key: IdempotencyKey? = nil
    ) async throws -> SubmitResult {
        let options = registry.type(named: action.taskName)?.options
        let operation = NewTask(
            tenant: tenant, type: action.taskName, queue: SystemQueue.name, priority: 0, input: try filter.encoded(),
            maxRetries: options?.retry?.maxRetries ?? settings.retry.maxRetries)
        return try await submit(.success([operation]), tenant: tenant, now: now(), once: key)
    }

    /// How many tasks an operation would be about, without doing it.
    package func countMatching(_ action: BulkAction, _ filter: BulkFilter, tenant: String) async throws -> LimitedCount {
        try await BulkOperations(database: database, hub: hub).count(action, filter, tenant: tenant)
    }
}
