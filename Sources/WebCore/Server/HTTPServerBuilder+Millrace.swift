package import HummingbirdCore
import NIOCore

extension HTTPServerBuilder {
    /// An HTTP/1.1 server whose waits all end and that answers `Expect: 100-continue`.
    ///
    /// What cannot be parsed as HTTP is answered with an empty 400 by the server core and the connection is closed: there is no request to
    /// which a problem could refer.
    package static func millrace(limits: ServerLimits = ServerLimits()) -> HTTPServerBuilder {
        .http1(
            configuration: .init(
                additionalChannelHandlers: [
                    ConnectionWatchHandler(limits: limits), ContinueHandler(patience: .init(limits.continuePatience)), HangUpHandler(),
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
