import HTTPTypes
package import HummingbirdCore
import NIOCore

extension HTTPServerBuilder {
    /// An HTTP/1.1 server, on TLS or not, whose waits all end and that answers `Expect: 100-continue`.
    ///
    /// What cannot be parsed as HTTP is answered with an empty 400 by the server core and the connection is closed: there is no request to
    /// which a problem could refer.
    /// - Parameters:
    ///   - room: for the connections of several servers together; nil for one of this server's own.
    ///   - certificates: what to show on TLS; nil serves without.
    ///   - hsts: whether browsers are told to come back on TLS only, if this is TLS. It would hold for all ports of the name, so not for
    ///     `localhost`.
    package static func millrace(
        limits: ServerLimits = ServerLimits(), room: ConnectionRoom? = nil, certificates: TLSCertificates? = nil, hsts: Bool = true
    ) -> HTTPServerBuilder {
        let room = room ?? ConnectionRoom(limit: limits.connections, perAddress: limits.connectionsPerAddress)
        let configuration = configuration(limits, room, AnswerHeaders.fields(hsts: certificates != nil && hsts))
        return HTTPServerBuilder { responder in
            let plain = HTTP1Channel(responder: responder, configuration: configuration)
            guard let certificates else { return plain }
            return TLSChildChannel(base: plain, certificates: certificates, handshakeTimeout: .init(limits.handshakeTimeout))
        }
    }

    private static func configuration(_ limits: ServerLimits, _ room: ConnectionRoom, _ fields: [HTTPField]) -> HTTP1Channel.Configuration {
        .init(
            additionalChannelHandlers: [
                AnswerHeadersHandler(fields: fields), ConnectionWatchHandler(limits: limits, room: room),
                ContinueHandler(patience: .init(limits.continuePatience)), HangUpHandler(), CloseOnExecHandler(),
            ],
            idleTimeout: .init(limits.idleTimeout),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: limits.headerFieldBytes,
                maxHeaderListSize: limits.headerListBytes,
                maxHeaderFieldCount: limits.headerCount
            )
        )
    }
}
