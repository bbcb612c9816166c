import HTTPTypes
import Hummingbird
import Logging
import NIOCore
package import TaskEngine
package import WebCore

/// The door of the pages: whoever shows a token gets a session, whose cookie the browser shows from then on.
///
/// A session ends at the logout, with its token, and after twelve hours at the latest. On a server without keys there is nothing to log in to.
package struct LoginRoutes: RouteGroup {
    /// The longest that a session lasts, in seconds.
    static let lifetime: Int64 = 12 * 3600

    private let authenticator: Authenticator?
    private let store: AccessStore

    /// - Parameters:
    ///   - authenticator: nil when no keys are configured.
    ///   - store: where sessions are.
    package init(authenticator: Authenticator?, store: AccessStore) {
        self.authenticator = authenticator
        self.store = store
    }

    /// The site map of this resource.
    package func register(in routes: inout Routes) {
        routes.page(.get, "/login", .open, show)
        routes.form("/login", .open, needsToken: false, logIn)
        routes.form("/logout", .open, logOut)
    }

    @Sendable private func show(_ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        var query = QueryReader(request)
        let next = Self.local(query.string("next"))
        try query.finish()
        guard authenticator != nil else { return Self.redirect(next) }
        return Self.page(.ok, next: next)
    }

    @Sendable private func logIn(_ form: Form, _ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        let next = Self.local(form["next"])
        guard let authenticator else { return Self.redirect(next) }
        let identity: Identity
        do {
            let token = (form["token"] ?? "").drop { $0.isWhitespace }.prefix { !$0.isWhitespace }
            identity = try await authenticator.identity(of: String(token))
        } catch let fault as TokenFault {
            context.logger.info("login refused", metadata: ["reason": "\(fault)"])
            return Self.page(.unauthorized, next: next, message: "The token was refused: \(fault).")
        }
        guard identity.scope == .role else {
            return Self.page(.forbidden, next: next, message: "This token is not for people.")
        }
        // Another session of the same browser does not live on unseen.
        if case .some(.some(let former)) = SessionCookie.value(in: request) { try await authenticator.endSession(former) }
        let now = store.now()
        let end = min(identity.expiresAt ?? .max, now + Self.lifetime * 1_000_000)
        var token: Int64?
        if case .stored(let id) = identity.credential { token = id }
        let session = StoredSession(
            tenant: identity.tenant, subject: identity.subject, role: identity.role.rawValue, token: token, expiresAt: end)
        let value = SessionCookie.make()
        try await store.begin(session, digest: SessionCookie.digest(of: value))
        context.logger.info("logged in", metadata: ["tenant": "\(identity.tenant)", "subject": "\(identity.subject)"])
        var response = Self.redirect(next)
        response.headers[.setCookie] = SessionCookie.set(
            value, isSecure: context.isSecure, seconds: max(1, (end - now) / 1_000_000))
        return response
    }

    /// Ends the session that the cookie is of; without one it only takes the cookie away.
    @Sendable private func logOut(_ form: Form, _ request: Request, _ context: MillraceRequestContext) async throws -> Response {
        if let authenticator, case .some(.some(let value)) = SessionCookie.value(in: request) { try await authenticator.endSession(value) }
        var response = Self.redirect("/login")
        response.headers[.setCookie] = SessionCookie.clear(isSecure: context.isSecure)
        return response
    }

    /// A place on this server; the front page for anything else, so that no link through here leads elsewhere.
    private static func local(_ place: String?) -> String {
        guard let place, place.hasPrefix("/"), !place.hasPrefix("//"), !place.contains("\\"),
            place.unicodeScalars.allSatisfy({ (0x21...0x7e).contains($0.value) })
        else { return "/" }
        return place
    }

    private static func redirect(_ place: String) -> Response {
        Response(status: .seeOther, headers: [.location: place, .cacheControl: "no-store"])
    }

    private static func page(_ status: HTTPResponse.Status, next: String, message: String? = nil) -> Response {
        let alert = message.map { "<p role=\"alert\">\(HTMLText.escape($0))</p>\n" } ?? ""
        let html = """
            <!doctype html>
            <html lang="en">
            <head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Log in - Millrace</title></head>
            <body>
            <main>
            <h1>Log in</h1>
            \(alert)<form method="post" action="/login">
            <label for="token">Token</label>
            <input id="token" name="token" type="password" autocomplete="off" required autofocus>
            <input type="hidden" name="next" value="\(HTMLText.escape(next))">
            <button>Log in</button>
            </form>
            </main>
            </body>
            </html>

            """
        var headers: HTTPFields = [
            .contentType: "text/html; charset=utf-8", .cacheControl: "no-store", .xContentTypeOptions: "nosniff",
            .contentSecurityPolicy: "default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        ]
        if status == .unauthorized { headers[.wwwAuthenticate] = #"Bearer realm="millrace""# }
        return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(string: html)))
    }
}
