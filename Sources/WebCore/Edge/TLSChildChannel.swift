import HummingbirdCore
import Logging
import NIOCore
import NIOSSL

/// A connection of another kind beneath TLS. Its certificate is the one that is current when it begins, which
/// HummingbirdTLS's own channel cannot do.
struct TLSChildChannel<Base: ServerChildChannel>: ServerChildChannel {
    let base: Base
    let certificates: TLSCertificates
    let handshakeTimeout: TimeAmount

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
        channel.eventLoop.makeCompletedFuture {
            let tls = NIOSSLServerHandler(context: certificates.context)
            try channel.pipeline.syncOperations.addHandlers([tls, HandshakeTimer(limit: handshakeTimeout)])
        }.flatMap {
            base.setup(channel: channel, logger: logger)
        }
    }

    func handle(value: Base.Value, logger: Logger) async {
        await base.handle(value: value, logger: logger)
    }
}
