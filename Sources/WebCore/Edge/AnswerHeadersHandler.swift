import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Adds ``AnswerHeaders`` to every answer of a connection, also to those that no route and no middleware has seen, such as the
/// 400 to what is no HTTP. Interim answers (1xx) stay as they are.
final class AnswerHeadersHandler: ChannelOutboundHandler, RemovableChannelHandler {
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let fields: [HTTPField]

    /// - Parameter fields: made once and shared by all connections.
    init(fields: [HTTPField]) {
        self.fields = fields
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .head(var head) = unwrapOutboundIn(data), head.status.kind != .informational else {
            return context.write(data, promise: promise)
        }
        for field in fields where !head.headerFields.contains(field.name) { head.headerFields.append(field) }
        context.write(wrapOutboundOut(.head(head)), promise: promise)
    }
}
