package import HTTPTypes
package import Hummingbird

/// The site map: every route once, before it is given to the router.
///
/// An API route answers under `/v1`, under `/api` and without a prefix, a page only where it is. The table adds what the router lacks: `OPTIONS`,
/// and 405 with `Allow` for the methods that a known path does not have. `HEAD` follows every `GET`. A trailing slash makes no difference.
///
/// A path names parameters as `{id}`; at one place in the tree all routes must use the same name for it.
package struct Routes: Sendable {
    /// What answers a route.
    package typealias Handler = @Sendable (Request, MillraceRequestContext) async throws -> Response

    struct Route: Sendable {
        let method: HTTPRequest.Method
        let path: String
        let prefixes: [String]
        let handler: Handler
    }

    static let apiPrefixes = ["/v1", "/api", ""]

    private(set) var routes: [Route] = []

    /// Creates an empty table.
    package init() {}

    /// Adds an API route for GET and HEAD.
    package mutating func get(_ path: String, _ handler: @escaping Handler) {
        api(.get, path, handler)
    }

    /// Adds an API route for POST.
    package mutating func post(_ path: String, _ handler: @escaping Handler) {
        api(.post, path, handler)
    }

    /// Adds an API route for PUT.
    package mutating func put(_ path: String, _ handler: @escaping Handler) {
        api(.put, path, handler)
    }

    /// Adds an API route for PATCH.
    package mutating func patch(_ path: String, _ handler: @escaping Handler) {
        api(.patch, path, handler)
    }

    /// Adds an API route for DELETE.
    package mutating func delete(_ path: String, _ handler: @escaping Handler) {
        api(.delete, path, handler)
    }

    /// Adds a route that answers only at this very path: a page, a form's target, a static file.
    package mutating func page(_ method: HTTPRequest.Method, _ path: String, _ handler: @escaping Handler) {
        routes.append(Route(method: method, path: path, prefixes: [""], handler: handler))
    }

    private mutating func api(_ method: HTTPRequest.Method, _ path: String, _ handler: @escaping Handler) {
        routes.append(Route(method: method, path: path, prefixes: Self.apiPrefixes, handler: handler))
    }
}
