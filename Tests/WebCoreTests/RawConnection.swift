import NIOCore
import NIOPosix
import NIOSSL

/// A connection on which a test writes bytes and sees bytes.
struct RawConnection {
    private let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>

    /// Connects, runs the body and closes.
    /// - Parameter tls: nil for a connection without.
    static func with<Result>(
        port: Int, tls: TLSConfiguration? = nil, _ body: (inout Exchange) async throws -> Result
    ) async throws -> Result {
        let context = try tls.map { try NIOSSLContext(configuration: $0) }
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connect(host: "127.0.0.1", port: port) {
            channel in
            channel.eventLoop.makeCompletedFuture {
                if let context {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLClientHandler(context: context, serverHostname: nil))
                }
                return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(
                    wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
            }
        }
        return try await channel.executeThenClose { inbound, outbound in
            var exchange = Exchange(inbound: inbound.makeAsyncIterator(), outbound: outbound)
            return try await body(&exchange)
        }
    }

    struct Exchange {
        fileprivate var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
        fileprivate let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
        /// Everything received.
        private(set) var received = ""

        fileprivate init(
            inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator, outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
        ) {
            self.inbound = inbound
            self.outbound = outbound
        }

        func send(_ text: String) async throws {
            try await outbound.write(ByteBuffer(string: text))
        }

        /// Closes the sending side; answers can still be read.
        func endSending() {
            outbound.finish()
        }

        /// Waits until the server has sent this text; false if it closed before.
        mutating func waitFor(_ text: String) async throws -> Bool {
            while !received.contains(text) {
                guard let buffer = try await inbound.next() else { return false }
                received += String(buffer: buffer)
            }
            return true
        }

        /// Waits until the server closes, in whatever way.
        mutating func waitForClose() async {
            while let buffer = try? await inbound.next() { received += String(buffer: buffer) }
        }
    }
}
