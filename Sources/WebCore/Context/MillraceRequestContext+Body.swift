package import Hummingbird
import NIOCore

extension MillraceRequestContext {
    /// Says that the handler accepts the request and reads its body next. A client that sent `Expect: 100-continue` starts to send then.
    ///
    /// Readers of this module call it themselves; a handler that iterates over `request.body` calls it after its last reason to refuse.
    package func expectBody(of request: Request) {
        guard request.headers[.expect] != nil else { return }
        channel.triggerUserOutboundEvent(ContinueHandler.BodyWanted(), promise: nil)
    }
}
