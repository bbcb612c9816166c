import HTTPTypes
import NIOCore
import NIOHTTPTypes

/// Answers `Expect: 100-continue`, which neither the server core nor NIO does; without it curl waits a second before it sends a body.
///
/// The interim answer goes out when a handler is about to read the body (``MillraceRequestContext/expectBody(of:)``), so that a handler which
/// refuses the request does so before the client has sent anything. A handler that never says so gets it after a short wait.
final class ContinueHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    /// Outbound event: the body of the current request is wanted now.
    struct BodyWanted: Sendable {}

    private let patience: TimeAmount
    private var isClientWaiting = false
    /// Requests whose answer has not ended. While a client waits, the last one is its own: nothing comes behind it.
    private var unanswered = 0
    /// The interim answer is wanted, and the answers of requests before it are not out yet.
    private var isDue = false
    private var fallback: Scheduled<Void>?

    init(patience: TimeAmount) {
        self.patience = patience
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            unanswered += 1
            expect(head, context: context)
        case .body, .end: stopWaiting()
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if unanswered <= 1 { stopWaiting() }
        context.write(data, promise: promise)
        guard case .end = unwrapOutboundIn(data) else { return }
        unanswered -= 1
        if isDue { sendContinue(context) }
    }

    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard event is BodyWanted else { return context.triggerUserOutboundEvent(event, promise: promise) }
        sendContinue(context)
        promise?.succeed()
    }

    func channelInactive(context: ChannelHandlerContext) {
        stopWaiting()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        stopWaiting()
    }

    private func expect(_ head: HTTPRequest, context: ChannelHandlerContext) {
        guard head.headerFields[.expect]?.lowercased() == "100-continue" else { return }
        isClientWaiting = true
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        fallback = context.eventLoop.scheduleTask(in: patience) {
            let (handler, context) = bound.value
            handler.sendContinue(context)
        }
    }

    private func sendContinue(_ context: ChannelHandlerContext) {
        guard isClientWaiting else { return }
        isDue = unanswered > 1
        if isDue { return }
        stopWaiting()
        context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
    }

    private func stopWaiting() {
        isClientWaiting = false
        isDue = false
        fallback?.cancel()
        fallback = nil
    }
}
