import HTTPTypes
package import Hummingbird
import Storage
package import TaskEngine

extension Request {
    /// The `Idempotency-Key` of a request that makes something: it may be sent again and is carried out once.
    ///
    /// ```swift
    /// let key = try request.idempotencyKey(for: "POST /tasks", body.rawBytes, context)
    /// ```
    /// - Parameters:
    ///   - route: the route as the site map writes it. One key may be used on several routes.
    ///   - content: everything that says what is asked for: the body, and what the path names. Looked at only when there is a key.
    /// - Returns: nil without the header.
    /// - Throws: ``Problem`` with code `malformed_request` if it is not 1 to 255 visible ASCII characters, or is given twice.
    package func idempotencyKey(
        for route: String, _ content: @autoclosure () -> some Sequence<UInt8>, _ context: MillraceRequestContext
    ) throws(Problem) -> IdempotencyKey? {
        guard let text = headers[.idempotencyKey] else { return nil }
        // Two fields arrive joined with a comma and a space, which is not visible.
        guard (1...255).contains(text.utf8.count), text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw Problem(.malformedRequest, "Idempotency-Key has to be given once, as 1 to 255 visible ASCII characters.")
        }
        return IdempotencyKey(context.identity, route: route, text: text, content())
    }
}

extension IdempotencyKey {
    /// The key of a caller's request; see ``Request/idempotencyKey(for:_:_:)``.
    package init(_ identity: Identity, route: String, text: String, _ content: some Sequence<UInt8>) {
        self.init(
            tenant: identity.tenant, subject: identity.subject, route: route, text: text, fingerprint: Self.fingerprint(content))
    }

    /// The same key for a request whose content is known only later, as that of an upload.
    package func fingerprinting(_ content: some Sequence<UInt8>) -> IdempotencyKey {
        IdempotencyKey(tenant: tenant, subject: subject, route: route, text: text, fingerprint: Self.fingerprint(content))
    }

    private static func fingerprint(_ content: some Sequence<UInt8>) -> String {
        ContentDigest.sha256(Array(content))
    }
}

extension HTTPField.Name {
    /// A word of the sender's by which a repeated request is known.
    package static let idempotencyKey = HTTPField.Name("Idempotency-Key")!
    /// `true` on an answer to a request that had been carried out before.
    package static let idempotencyReplayed = HTTPField.Name("Idempotency-Replayed")!
}

extension Response {
    /// Says in the header whether the request had been carried out before.
    package func replayed(_ isReplay: Bool) -> Response {
        guard isReplay else { return self }
        var response = self
        response.headers[.idempotencyReplayed] = "true"
        return response
    }
}
