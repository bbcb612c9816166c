import Foundation
import Hummingbird
import Logging
import ServiceLifecycle
import WebCore

/// HTTP in this process for a benchmark.
enum BenchServer {
    /// Runs `body` with the port on which `routes` answer.
    /// - Parameter authenticator: nil lets in whoever asks.
    static func with<R: Sendable>(
        _ routes: Routes, authenticator: Authenticator? = nil, _ logger: Logger, _ body: (Int) async throws -> R
    ) async throws -> R {
        let ports = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))
        let http = HTTPService(
            responder: routes.makeRouter(metrics: PrometheusRegistry(), authenticator: authenticator).buildResponder(),
            addresses: [BindAddress(host: "127.0.0.1", port: 0)], logger: logger, onListening: { ports.continuation.yield($0) })
        let group = ServiceGroup(configuration: .init(services: [.init(service: http)], logger: logger))
        let serving = Task { try await group.run() }
        guard let port = await ports.stream.first(where: { _ in true }) else { throw LoadError("the server did not start") }
        let result: Result<R, any Error>
        do { result = .success(try await body(port)) } catch { result = .failure(error) }
        await group.triggerGracefulShutdown()
        try await serving.value
        return try result.get()
    }
}
