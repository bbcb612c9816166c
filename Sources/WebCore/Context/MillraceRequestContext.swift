package import Hummingbird
import Logging
import NIOCore

/// What handlers and middleware know about one request beside the request itself.
///
/// Every query of a handler takes ``tenant`` from here and nowhere else.
package struct MillraceRequestContext: RequestContext {
    /// What Hummingbird keeps with each request.
    package var coreContext: CoreRequestContextStorage

    /// Who sent the request. ``Identity/local`` until an authenticating middleware says otherwise.
    package var identity: Identity

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
        identity = .local
        channel = source.channel
        // A log handler that keeps nothing has no id either, and `id` would stop the process.
        requestID = source.logger[metadataKey: "hb.request.id"]?.description ?? RequestID().description
    }

    /// Owner of everything that the request may see.
    package var tenant: String { identity.tenant }

    /// Address of the client, without the port, looking through trusted proxies; nil when there is none, as in tests.
    package var remoteAddress: String? { forwardedAddress ?? channel.remoteAddress?.ipAddress }

    /// Requires a role.
    /// - Throws: ``Problem`` with code `forbidden` if the caller's role is lower.
    package func require(_ role: Role) throws(Problem) {
        if identity.role < role { throw Problem(.forbidden, "This needs the role \(role.rawValue).") }
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
