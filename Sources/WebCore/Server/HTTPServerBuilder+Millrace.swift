package import HummingbirdCore
import NIOCore

extension HTTPServerBuilder {
    /// An HTTP/1.1 server whose waits all end and that answers `Expect: 100-continue`.
    ///
    /// What cannot be parsed as HTTP is answered with an empty 400 by the server core and the connection is closed: there is no request to
    /// which a problem could refer.
    /// - Parameter room: for the connections of several servers together; nil for one of this server's own.
    package static func millrace(limits: ServerLimits = ServerLimits(), room: ConnectionRoom? = nil) -> HTTPServerBuilder {
        let room = room ?? ConnectionRoom(limit: limits.connections)
        return .http1(
            configuration: .init(
                additionalChannelHandlers: [
                    ConnectionWatchHandler(limits: limits, room: room), ContinueHandler(patience: .init(limits.continuePatience)),
                    HangUpHandler(), CloseOnExecHandler(),
                ],
                idleTimeout: .init(limits.idleTimeout),
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: limits.headerFieldBytes,
                    maxHeaderListSize: limits.headerListBytes,
                    maxHeaderFieldCount: limits.headerCount
                )
            )
        )
    }
}
