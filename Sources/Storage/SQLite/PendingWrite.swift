/// A write closure that waits for its commit, without the type of its result.
///
/// Owned by the writer thread once enqueued. `perform` may be called more than once; exactly one of `succeed` and `fail`
/// ends it.
protocol PendingWrite: AnyObject, Sendable {
    /// Runs the closure inside the open transaction and keeps its result.
    func perform(_ connection: any Connection) throws
    /// The transaction of the last `perform` was committed.
    func succeed()
    /// Nothing of it was committed.
    func fail(_ error: any Error)
}

/// The only ``PendingWrite``: resumes the caller's continuation.
///
/// `@unchecked Sendable`: `result` is touched by the writer thread alone, and the rest is immutable.
final class AwaitedWrite<Result: Sendable>: PendingWrite, @unchecked Sendable {
    private let body: @Sendable (any Connection) throws -> Result
    private let continuation: CheckedContinuation<Result, any Error>
    private var result: Result?

    init(_ body: @escaping @Sendable (any Connection) throws -> Result, _ continuation: CheckedContinuation<Result, any Error>) {
        self.body = body
        self.continuation = continuation
    }

    func perform(_ connection: any Connection) throws {
        result = try body(connection)
    }

    func succeed() {
        guard let result else { return continuation.resume(throwing: StorageError(.other, "a write ended without its result")) }
        continuation.resume(returning: result)
    }

    func fail(_ error: any Error) {
        continuation.resume(throwing: error)
    }
}
