package import TaskEngine

extension NewTask {
    /// A task for tests: tenant `acme`, type `test.sample`, queue `default`, three retries; name what matters to the test.
    package static func sample(
        tenant: String = "acme", type: String = "test.sample", queue: String = "default", priority: Int = 5, input: String = "{}",
        runAt: Int64? = nil, maxRetries: Int = 3, tags: String? = nil, metadata: String? = nil,
        uniqueKey: UniqueKey? = nil, expiresAt: Int64? = nil
    ) -> NewTask {
        NewTask(
            tenant: tenant, type: type, queue: queue, priority: priority, input: input, runAt: runAt, maxRetries: maxRetries, tags: tags,
            metadata: metadata, uniqueKey: uniqueKey, expiresAt: expiresAt)
    }
}
