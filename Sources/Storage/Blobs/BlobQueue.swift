import Dispatch

/// Where file calls run: threads that may block, never those of the cooperative pool.
struct BlobQueue: Sendable {
    private let queue = DispatchQueue(label: "millrace-blobs", attributes: .concurrent)

    func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result(catching: body)) }
        }
    }
}
