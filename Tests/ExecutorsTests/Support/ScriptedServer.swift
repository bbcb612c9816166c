import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import TestSupport

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// A server on 127.0.0.1 that answers every request with the bytes that the test wants.
final class ScriptedServer: Sendable {
    /// What happens when a whole request has come.
    enum Reply: Sendable {
        /// Sends the bytes and closes.
        case bytes(String)
        /// Sends bytes that are no text, and closes.
        case binary([UInt8])
        /// Sends the bytes and keeps the connection open.
        case open(String)
        /// Sends the bytes, then resets the connection.
        case reset(String)
        /// Sends the bytes, then a million bytes after the other until the client has gone.
        case endless(String)
    }

    /// Every request as it came, head and body.
    let requests = TestSignal<String>()
    /// One for each connection that ended.
    let closed = TestSignal<Void>()
    /// One for each connection that came about.
    let accepted = TestSignal<Void>()
    private let channel: any Channel

    var port: Int { channel.localAddress?.port ?? 0 }

    /// - Parameter replies: one per request, the last again and again.
    private init(_ replies: [Reply], tls: NIOSSLContext?) async throws {
        let script = Script(replies)
        let (requests, closed, accepted) = (requests, closed, accepted)
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
                    try channel.pipeline.syncOperations.addHandler(
                        Handler(script: script, requests: requests, closed: closed, accepted: accepted))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    /// Runs `body` with a server, which is closed however `body` ends.
    static func with<Result>(
        _ replies: [Reply], tls: NIOSSLContext? = nil, _ body: (ScriptedServer) async throws -> Result
    ) async throws -> Result {
        let server = try await ScriptedServer(replies, tls: tls)
        do {
            let result = try await body(server)
            try await server.channel.close()
            return result
        } catch {
            try await server.channel.close()
            throw error
        }
    }

    private final class Script: Sendable {
        private let replies: Mutex<[Reply]>

        init(_ replies: [Reply]) {
            self.replies = Mutex(replies)
        }

        func next() -> Reply {
            replies.withLock { $0.count > 1 ? $0.removeFirst() : $0.first ?? .bytes("") }
        }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let script: Script
        private let requests: TestSignal<String>
        private let closed: TestSignal<Void>
        private let accepted: TestSignal<Void>
        private var received = ""
        private var isEndless = false

        init(script: Script, requests: TestSignal<String>, closed: TestSignal<Void>, accepted: TestSignal<Void>) {
            self.script = script
            self.requests = requests
            self.closed = closed
            self.accepted = accepted
        }

        func channelActive(context: ChannelHandlerContext) {
            accepted.send()
            context.fireChannelActive()
        }

        func channelInactive(context: ChannelHandlerContext) {
            closed.send()
            context.fireChannelInactive()
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            received += String(buffer: unwrapInboundIn(data))
            guard isWhole else { return }
            requests.send(received)
            received = ""
            reply(context)
        }

        /// The test's clients go away when they like.
        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }

        func channelWritabilityChanged(context: ChannelHandlerContext) {
            if isEndless { writeMore(context) }
        }

        private var isWhole: Bool {
            guard let end = received.firstRange(of: "\r\n\r\n") else { return false }
            let field = received.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
            let length = field.flatMap { Int($0.split(separator: " ")[1]) } ?? 0
            return received[end.upperBound...].utf8.count >= length
        }

        private func reply(_ context: ChannelHandlerContext) {
            switch script.next() {
            case .bytes(let text):
                let channel = context.channel
                write(text, context).whenComplete { _ in channel.close(promise: nil) }
            case .binary(let bytes):
                let channel = context.channel
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes))).whenComplete { _ in channel.close(promise: nil) }
            case .open(let text):
                _ = write(text, context)
            case .reset(let text):
                let channel = context.channel
                write(text, context).flatMap {
                    let socket = channel as? any SocketOptionProvider
                    return socket?.setSoLinger(linger(l_onoff: 1, l_linger: 0)) ?? channel.eventLoop.makeSucceededVoidFuture()
                }.whenComplete { _ in channel.close(promise: nil) }
            case .endless(let text):
                _ = write(text, context)
                isEndless = true
                writeMore(context)
            }
        }

        private func write(_ text: String, _ context: ChannelHandlerContext) -> EventLoopFuture<Void> {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text)))
        }

        private func writeMore(_ context: ChannelHandlerContext) {
            while context.channel.isWritable, context.channel.isActive {
                context.writeAndFlush(wrapOutboundOut(ByteBuffer(repeating: UInt8(ascii: "x"), count: 1_000_000)), promise: nil)
            }
        }
    }
}
