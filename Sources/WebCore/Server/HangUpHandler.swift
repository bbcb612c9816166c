import NIOCore
import NIOHTTPTypes

/// Tells a handler that waits for something else that its client is gone, or at least sends nothing any more.
///
/// The server core keeps a connection open whose client closed only its sending side, and tells handlers nothing of either.
final class HangUpHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// Outbound event: `action` is to be called once if the client hangs up before the current answer has ended.
    struct Watch: Sendable {
        let action: @Sendable () -> Void
    }

    private var isGone = false
    private var actions: [@Sendable () -> Void] = []

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard let watch = event as? Watch else { return context.triggerUserOutboundEvent(event, promise: promise) }
        if isGone { watch.action() } else { actions.append(watch.action) }
        promise?.succeed()
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if case .end = unwrapOutboundIn(data) { actions = [] }
        context.write(data, promise: promise)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .inputClosed? = event as? ChannelEvent { hangUp() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        hangUp()
        context.fireChannelInactive()
    }

    private func hangUp() {
        isGone = true
        let called = actions
        actions = []
        for action in called { action() }
    }
}
