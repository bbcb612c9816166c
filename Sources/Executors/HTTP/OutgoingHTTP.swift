import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NetworkAddresses
import ServiceLifecycle
import Synchronization

/// The process's one way out over HTTP: every request to another server goes through one of its two doors.
///
/// - `guarded`, for addresses that tenants supply: the host is resolved once, every address checked, and the connection made
///   to a checked address, with a client of its own per request, so that no connection outlives the check that allowed it.
/// - `trusted`, for addresses that the operator configured: no check, connections are kept and used again.
///
/// Redirects are never followed, proxies of the environment never used, and TLS verifies the host that was asked for.
/// As a service it runs until shutdown and closes kept connections then; start it before and end it after whoever sends.
package final class OutgoingHTTP: Service {
    /// Who vouches for the address.
    package enum Door: Sendable {
        /// Nobody: a tenant supplied it.
        case guarded
        /// The operator configured it.
        case trusted
    }

    /// A host with more addresses than this is not tried further.
    static let mostAddresses = 4
    /// For one address; the next gets its turn then.
    static let connectTimeout = TimeAmount.seconds(10)

    private let egress: EgressGuard
    private let userAgent: String
    private let trustRoots: NIOSSLTrustRoots
    private let verification: CertificateVerification
    private let kept = Mutex<HTTPClient?>(nil)

    /// - Parameters:
    ///   - egress: checks what goes through the guarded door.
    ///   - version: the product's, for the `User-Agent` of requests that bring none.
    ///   - authorities: path of a PEM file with the only certificate authorities to trust; nil trusts the system's.
    ///   - verifies: whether TLS verifies who answers. False only for a server on this machine that is known by other means.
    package init(egress: EgressGuard, version: String, authorities: String? = nil, verifies: Bool = true) {
        self.egress = egress
        userAgent = "millrace/\(version)"
        verification = verifies ? .fullVerification : .none
        trustRoots = authorities.map { .file($0) } ?? .default
    }

    deinit {
        // Where nobody ran the service, as in a command.
        kept.withLock { $0 }?.shutdown { _ in }
    }

    /// Sends a request and reads its answer.
    ///
    /// Cancelling the caller ends the request at once. Nothing is sent twice: another address of the host is tried only when
    /// no connection came about.
    /// - Throws: ``EgressDenied``, ``OutgoingFailure``, `CancellationError`. Any status is an answer and no error.
    package func send(_ request: OutgoingRequest, through door: Door = .guarded) async throws -> OutgoingResponse {
        try await withThrowingTaskGroup(of: OutgoingResponse?.self) { group in
            group.addTask { try await self.exchange(request, through: door) }
            group.addTask {
                try await Task.sleep(for: request.timeout)
                return nil
            }
            defer { group.cancelAll() }
            // The group waits for the loser, which is cancelled and ends at once.
            guard let response = try await group.next() ?? nil else { throw OutgoingFailure.timeout(request.timeout) }
            return response
        }
    }

    /// Until shutdown; then closes kept connections.
    package func run() async throws {
        try? await gracefulShutdown()
        let client = kept.withLock { kept in
            defer { kept = nil }
            return kept
        }
        try await client?.shutdown()
    }

    private func exchange(_ request: OutgoingRequest, through door: Door) async throws -> OutgoingResponse {
        do {
            switch door {
            case .trusted: return try await receive(request, from: keptClient())
            case .guarded: return try await sendGuarded(request)
            }
        } catch let denied as EgressDenied {
            throw denied
        } catch {
            // The client has an error of its own for being cancelled.
            try Task.checkCancellation()
            throw OutgoingFailure(error, host: request.url.host.text, timeout: request.timeout)
        }
    }

    private func sendGuarded(_ request: OutgoingRequest) async throws -> OutgoingResponse {
        let addresses = try await egress.addresses(of: request.url.host).prefix(Self.mostAddresses)
        var failure: OutgoingFailure?
        for address in addresses {
            do {
                return try await send(request, to: address)
            } catch {
                try Task.checkCancellation()
                let current = OutgoingFailure(error, host: request.url.host.text, timeout: request.timeout)
                guard current.code == .connectionFailed else { throw current }
                failure = current
            }
        }
        throw failure ?? OutgoingFailure(.hostNotFound, "'\(request.url.host.text)' has no address")
    }

    private func send(_ request: OutgoingRequest, to address: IPAddress) async throws -> OutgoingResponse {
        var configuration = configuration()
        // The name stays what TLS verifies and what `Host` says; only the connection goes to the checked address.
        if request.url.host.address == nil { configuration.dnsOverride = [request.url.host.text: address.description] }
        // Nothing is sent on a connection that, against all intention, leads elsewhere.
        configuration.http1_1ConnectionDebugInitializer = { channel in
            guard channel.remoteAddress?.ipAddress.flatMap(IPAddress.init) != address else {
                return channel.eventLoop.makeSucceededVoidFuture()
            }
            channel.close(promise: nil)
            return channel.eventLoop.makeFailedFuture(OutgoingFailure(.connectionFailed, "the connection led to another address"))
        }
        let client = HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration)
        // Not waited for: a peer that does not close its side of TLS would hold the answer up for seconds.
        defer { client.shutdown { _ in } }
        return try await receive(request, from: client, closing: true)
    }

    private func receive(_ request: OutgoingRequest, from client: HTTPClient, closing: Bool = false) async throws -> OutgoingResponse {
        var outgoing = HTTPClientRequest(url: request.url.text)
        outgoing.method = HTTPMethod(rawValue: request.method)
        for header in request.headers { outgoing.headers.add(name: header.name, value: header.value) }
        if !outgoing.headers.contains(name: "User-Agent") { outgoing.headers.add(name: "User-Agent", value: userAgent) }
        if closing { outgoing.headers.replaceOrAdd(name: "Connection", value: "close") }
        if !request.body.isEmpty { outgoing.body = .bytes(ByteBuffer(bytes: request.body)) }
        let response = try await client.execute(outgoing, timeout: TimeAmount(request.timeout))
        var body: [UInt8] = []
        var isTruncated = false
        for try await buffer in response.body {
            let kept = buffer.readableBytesView.prefix(request.mostBodyBytes - body.count)
            body.append(contentsOf: kept)
            isTruncated = kept.count < buffer.readableBytes
            if isTruncated { break }
        }
        // A cancelled body ends like a whole one.
        try Task.checkCancellation()
        return OutgoingResponse(
            status: Int(response.status.code), headers: response.headers.map { ($0.name, $0.value) }, body: body, isTruncated: isTruncated)
    }

    private func keptClient() -> HTTPClient {
        kept.withLock { kept in
            if let kept { return kept }
            let client = HTTPClient(eventLoopGroup: MultiThreadedEventLoopGroup.singleton, configuration: configuration())
            kept = client
            return client
        }
    }

    private func configuration() -> HTTPClient.Configuration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = trustRoots
        tls.certificateVerification = verification
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: tls, redirectConfiguration: .disallow, timeout: .init(connect: Self.connectTimeout), proxy: nil,
            decompression: .disabled)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.tracing.tracer = nil
        return configuration
    }
}
