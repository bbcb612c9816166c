import Foundation
import NIOCore

/// Keeps a client's connection out of the programs that handlers start: one that runs on would hold it open, and the client
/// would wait for an end that does not come. A program that is started between the accepting and the marking of a connection
/// gets it all the same: the system calls of the server's library leave that gap.
final class CloseOnExecHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = NIOAny

    func handlerAdded(context: ChannelHandlerContext) {
        // Nil where there is no socket, as in tests. A connection that cannot be marked serves as well.
        _ = try? context.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { socket in
            fcntl(socket, F_SETFD, fcntl(socket, F_GETFD) | FD_CLOEXEC)
        }
    }
}
