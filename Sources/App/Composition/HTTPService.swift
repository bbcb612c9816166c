import Hummingbird
import HummingbirdCore
import Logging
import ServiceLifecycle
import WebCore

/// The HTTP server as one service, on one or more ports.
///
/// At shutdown it stops accepting at once and gives requests in flight ``patience``; a slow upload must not eat the time
/// that running tasks have.
struct HTTPService: Service {
    static let patience = Duration.seconds(3)

    let responder: RouterResponder<MillraceRequestContext>
    let addresses: [BindAddress]
    /// For the connections of all addresses together.
    var room = ConnectionRoom(limit: ServerLimits().connections)
    /// What to show on TLS; nil serves without.
    var certificates: TLSCertificates?
    let logger: Logger
    /// Called with the port once the first address is listened on.
    let onListening: @Sendable (Int) async -> Void

    func run() async throws {
        var services: [ServiceGroupConfiguration.ServiceConfiguration] = []
        for (index, address) in addresses.enumerated() {
            let application = Application(
                responder: responder, server: .millrace(room: room, certificates: certificates, hsts: !Loopback.isLoopback(address.host)),
                configuration: .init(address: .hostname(address.host, port: address.port), serverName: "millrace"),
                onServerRunning: { channel in if index == 0 { await onListening(channel.localAddress?.port ?? address.port) } },
                logger: logger)
            services.append(.init(service: Listener(application: application, address: address)))
        }
        var configuration = ServiceGroupConfiguration(services: services, logger: logger)
        configuration.maximumGracefulShutdownDuration = Self.patience
        try await ServiceGroup(configuration: configuration).run()
    }
}
