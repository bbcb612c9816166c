package import HTTPTypes

/// An answer that says what went wrong, as `application/problem+json` (RFC 9457). Handlers throw it; ``ProblemMiddleware`` renders it.
///
/// All texts in it reach the client: no values of the request, no file names, no SQL.
package struct Problem: Error, Sendable {
    /// What went wrong; decides the status.
    package let code: ProblemCode
    /// This occurrence in a sentence; nil leaves the member out.
    package var detail: String?
    /// The fields that are wrong; empty leaves the member out.
    package var errors: [FieldProblem]
    /// Further header fields: `Allow`, `WWW-Authenticate`, `Retry-After`.
    package var headers: HTTPFields

    /// Creates a problem. 429 and 503 get `Retry-After: 5` and 401 gets `WWW-Authenticate: Bearer` unless `headers` has them.
    package init(_ code: ProblemCode, _ detail: String? = nil, errors: [FieldProblem] = [], headers: HTTPFields = [:]) {
        self.code = code
        self.detail = detail
        self.errors = errors
        self.headers = headers
    }

    /// Creates a problem that asks the client to come back later.
    /// - Parameter retryAfter: Rounded up to whole seconds, at least 1.
    package init(_ code: ProblemCode, _ detail: String? = nil, retryAfter: Duration) {
        let parts = retryAfter.components
        let seconds = max(1, parts.seconds + (parts.attoseconds > 0 ? 1 : 0))
        self.init(code, detail, headers: [.retryAfter: String(seconds)])
    }

    /// Creates a problem with one field of the body: 422 that names it.
    package init(field pointer: String, _ detail: String) {
        self.init(.invalidFields, nil, errors: [FieldProblem(pointer: pointer, detail: detail)])
    }

    /// Creates a problem for a method that a known path does not have.
    package init(methodNotAllowed allowed: String) {
        self.init(.methodNotAllowed, "Allowed here: \(allowed).", headers: [.allow: allowed])
    }
}
