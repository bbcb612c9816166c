import HTTPTypes
import Hummingbird
import NetworkAddresses

/// Finds out who a request is from and whether it came encrypted, which proxies say that are trusted and nobody else.
struct ForwardedMiddleware: RouterMiddleware {
    typealias Context = MillraceRequestContext

    let proxies: TrustedProxies
    let isTLS: Bool

    func handle(
        _ request: Request, context: MillraceRequestContext, next: (Request, MillraceRequestContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.isSecure = isTLS
        if !proxies.isEmpty, let peer = context.remoteAddress.flatMap({ IPAddress($0) }), proxies.contains(peer) {
            let client = proxies.client(peer: peer, forwarded: request.headers[values: Self.forwardedFor])
            context.forwardedAddress = client.description
            // The proxy that is asked by the client is the first to say; the one next to us is the last, and the one that we know.
            if let scheme = request.headers[values: Self.forwardedProto].last { context.isSecure = Self.isHTTPS(scheme) }
        }
        return try await next(request, context)
    }

    private static func isHTTPS(_ value: String) -> Bool {
        let last = value.split(separator: ",").last ?? ""
        return last.filter { $0 != " " && $0 != "\t" }.lowercased() == "https"
    }

    private static let forwardedFor = HTTPField.Name("X-Forwarded-For")!
    private static let forwardedProto = HTTPField.Name("X-Forwarded-Proto")!
}
