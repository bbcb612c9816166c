package import Hummingbird
import Logging
import NIOCore

/// What handlers and middleware know about one request beside the request itself.
///
/// Every query of a handler takes ``tenant`` from here and nowhere else.
package struct MillraceRequestContext: RequestContext {
    /// What Hummingbird keeps with each request.
    package var coreContext: CoreRequestContextStorage

    /// What is known of who sent the request: nothing, until a middleware says otherwise.
    package var caller: Caller = .anonymous

    /// Who sent the request; ``Identity/nobody`` on open routes where the caller has not said.
    package var identity: Identity {
        get { caller.identity ?? .nobody }
        set { caller = .known(newValue) }
    }

    /// Who the request is from when a trusted proxy says so; see ``TrustedProxies``.
    var forwardedAddress: String?

    /// Whether the client's own connection is encrypted, as far as is known: TLS here, or at a trusted proxy that says so.
    package var isSecure = false

    /// Id of the request: in the answer's `X-Request-Id`, in problems and on every log line. The client's own if it sent a usable one.
    package var requestID: String {
        didSet { logger[metadataKey: "hb.request.id"] = .string(requestID) }
    }

    /// The connection, to which ``expectBody(of:)`` speaks.
    let channel: any Channel

    package init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
        // A log handler that keeps nothing has no id either, and `id` would stop the process.
        requestID = source.logger[metadataKey: "hb.request.id"]?.description ?? RequestID().description
    }

    /// Owner of everything that the request may see.
    package var tenant: String { identity.tenant }

    /// Address of the client, without the port, looking through trusted proxies; nil when there is none, as in tests.
    package var remoteAddress: String? { forwardedAddress ?? channel.remoteAddress?.ipAddress }

    /// Requires a role beyond that of the route, where it depends on what the request says.
    /// - Throws: ``Problem`` with code `forbidden` if the caller's role is lower.
    package func require(_ role: Role) throws(Problem) {
        try Access.role(role).check(caller)
    }
}

extension MillraceRequestContext {
    /// A parameter of the path, such as `id` in `/tasks/{id}`, percent-decoded.
    /// - Throws: ``Problem`` with code `not_found` if it is no text in UTF-8.
    package func pathText(_ name: String) throws(Problem) -> String {
        guard let raw = parameters.get(name), let text = PercentEncoding.decode(raw), !text.isEmpty else { throw Problem(.notFound) }
        return text
    }

    /// A row id in the path.
    /// - Throws: ``Problem`` with code `not_found` if it is no positive integer: no row has such an id.
    package func pathID(_ name: String = "id") throws(Problem) -> Int64 {
        guard let raw = parameters.get(name), let id = Int64(raw), id > 0 else { throw Problem(.notFound) }
        return id
    }
}
