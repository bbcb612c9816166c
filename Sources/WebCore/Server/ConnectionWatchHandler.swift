import HTTPTypes
import NIOCore
import NIOHTTPTypes
import NetworkAddresses

/// Keeps a ``ConnectionWatch`` over one connection and does what it says, and keeps its place in the ``ConnectionRoom``.
///
/// One timer per connection instead of one per request: at thousands of requests a second timers would cost more than the requests' parsing.
final class ConnectionWatchHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    private let interval: TimeAmount
    private var watch: ConnectionWatch
    private var timer: RepeatedTask?
    private var isCut = false
    private let room: ConnectionRoom
    private var seat: ConnectionRoom.Seat?
    private var isWaiting = true

    init(limits: ServerLimits, room: ConnectionRoom) {
        self.room = room
        interval = .init(limits.checkInterval)
        watch = ConnectionWatch(limits: limits)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        timer = context.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            let (handler, context) = bound.value
            handler.check(context)
        }
        takeSeat(in: context.channel, now: context.eventLoop.now)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        leave()
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        watch.read(unwrapInboundIn(data), now: context.eventLoop.now)
        tellRoom(now: context.eventLoop.now)
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isCut else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        watch.wrote(unwrapOutboundIn(data), now: context.eventLoop.now)
        tellRoom(now: context.eventLoop.now)
        context.write(data, promise: promise)
    }

    private func takeSeat(in channel: any Channel, now: NIODeadline) {
        let address = channel.remoteAddress?.ipAddress.flatMap { IPAddress($0) }
        seat = room.enter(from: address, now: now) { channel.close(promise: nil) }
        // Not within the set-up of the connection, which is still going on.
        if seat == nil { channel.eventLoop.execute { channel.close(promise: nil) } }
    }

    /// Only when it has changed: this is called for every part of every message.
    private func tellRoom(now: NIODeadline) {
        guard watch.isWaiting != isWaiting else { return }
        isWaiting = watch.isWaiting
        if isWaiting { seat?.isWaiting(since: now) } else { seat?.isBusy() }
    }

    private func leave() {
        stopTimer()
        if let seat { room.leave(seat) }
        seat = nil
    }

    private func check(_ context: ChannelHandlerContext) {
        let buffered = try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)
        switch watch.check(now: context.eventLoop.now, buffered: buffered ?? 0) {
        case .none:
            break
        case .answerTimeout:
            answerTimeout(context)
            cut(context)
        case .close:
            cut(context)
        }
    }

    /// Written here and not by the handler, which waits for a body that does not come.
    private func answerTimeout(_ context: ChannelHandlerContext) {
        let problem = Problem(.requestTimeout, "The body came too slowly.")
        let body = ByteBuffer(bytes: problem.json(requestID: nil))
        let fields: HTTPFields = [
            .contentType: "application/problem+json", .contentLength: String(body.readableBytes), .connection: "close",
        ]
        context.write(wrapOutboundOut(.head(HTTPResponse(status: problem.status, headerFields: fields))), promise: nil)
        context.write(wrapOutboundOut(.body(body)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    private func cut(_ context: ChannelHandlerContext) {
        isCut = true
        stopTimer()
        context.close(promise: nil)
    }

    private func stopTimer() {
        timer?.cancel()
        timer = nil
    }
}
