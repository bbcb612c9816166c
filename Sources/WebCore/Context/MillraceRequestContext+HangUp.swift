import NIOCore

extension MillraceRequestContext {
    /// Calls `action` once if the client closes the connection, or its sending side, before this request's answer has ended; at once
    /// if it has done so already. For handlers that wait; what they answer then may still be read.
    /// - Parameter action: Called on the connection's event loop, which it must not hold up.
    package func onHangUp(_ action: @escaping @Sendable () -> Void) {
        // Without a connection, as in tests of a router, nobody can hang up.
        channel.triggerUserOutboundEvent(HangUpHandler.Watch(action: action), promise: nil)
    }
}
