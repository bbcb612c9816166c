import Crypto
import Foundation
import HTTPTypes
import Hummingbird

/// Refuses requests that another site made a browser send with the cookie of a session: everything that changes something must come from
/// a page of this server, and carry the token that only its pages know.
enum CrossSiteCheck {
    static let tokenHeader = HTTPField.Name("X-CSRF-Token")!
    private static let fetchSite = HTTPField.Name("Sec-Fetch-Site")!
    private static let safe: Set<HTTPRequest.Method> = [.get, .head, .options]

    /// - Throws: ``Problem`` with code `cross_site`. Callers with a token of their own have nothing to fear and pass.
    static func check(_ request: Request, _ caller: Caller) throws(Problem) {
        guard case .session(let session)? = caller.identity?.credential, !safe.contains(request.method) else { return }
        try checkOrigin(request)
        guard let token = request.headers[tokenHeader], isSame(token, session.formToken) else {
            throw Problem(.crossSite, "With a session, X-CSRF-Token must have the token of its pages.")
        }
    }

    /// - Throws: ``Problem`` with code `cross_site` when the form of a session lacks the token of its pages.
    static func check(_ form: Form, _ caller: Caller) throws(Problem) {
        guard case .session(let session)? = caller.identity?.credential else { return }
        guard let token = form[Form.tokenField], isSame(token, session.formToken) else {
            throw Problem(.crossSite, "The form lacks the token of the session's pages.")
        }
    }

    /// Whether a browser says that the request came from a page of this server, or from its user. What says nothing is no browser of today.
    static func checkOrigin(_ request: Request) throws(Problem) {
        if let site = request.headers[fetchSite], site != "same-origin", site != "none" { throw Problem(.crossSite) }
        if let origin = request.headers[.origin] {
            guard let separator = origin.range(of: "://"), String(origin[separator.upperBound...]) == request.head.authority else {
                throw Problem(.crossSite)
            }
        }
    }

    /// Compares in constant time, but for the length.
    static func isSame(_ left: String, _ right: String) -> Bool {
        SHA256.hash(data: Data(left.utf8)) == SHA256.hash(data: Data(right.utf8))
    }
}
