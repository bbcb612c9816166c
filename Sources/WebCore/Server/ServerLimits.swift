/// What the HTTP server grants connections. Every wait has an end.
package struct ServerLimits: Sendable {
    /// How long a connection may be silent between requests, and how long the head of a request may take.
    package var idleTimeout: Duration = .seconds(60)
    /// How long the TLS handshake of a new connection may take.
    package var handshakeTimeout: Duration = .seconds(10)
    /// How long the body of a request may take beyond what ``minimumBodyRate`` allows for its length.
    package var bodyGrace: Duration = .seconds(30)
    /// Bytes per second that a client has to deliver on average, or it is answered 408 and cut off: a drip of single bytes must not hold a handler.
    package var minimumBodyRate: Int = 4096
    /// How long a client may read nothing of an answer that waits for it.
    package var writeTimeout: Duration = .seconds(60)
    /// How long the rest of a body is still taken in after the answer, so that the client sees the answer and no reset.
    package var lingerTimeout: Duration = .seconds(5)
    /// How long a client that sent `Expect: 100-continue` waits if the handler neither asks for the body nor answers.
    package var continuePatience: Duration = .milliseconds(100)
    /// Longest header field in bytes.
    package var headerFieldBytes: Int = 16 * 1024
    /// Longest sum of all header fields in bytes.
    package var headerListBytes: Int = 32 * 1024
    /// Most header fields.
    package var headerCount: Int = 100

    /// Most connections at once, see ``ConnectionRoom``.
    package var connections: Int = 4096
    /// Most connections at once of one client address, and of one /64 of IPv6; nil for no limit of its own.
    package var connectionsPerAddress: Int?

    /// The defaults, for a server that anyone may reach.
    package init() {}

    /// How often a connection is looked at: a sixth of the shortest limit, so that limits are kept to within that.
    var checkInterval: Duration {
        max(.milliseconds(10), min(bodyGrace, writeTimeout, lingerTimeout) / 6)
    }
}
