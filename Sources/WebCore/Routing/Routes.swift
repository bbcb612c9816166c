package import HTTPTypes
package import Hummingbird

/// The site map: every route once, before it is given to the router, and what it asks of its caller.
///
/// An API route answers under `/v1`, under `/api` and without a prefix, a page only where it is. The table adds what the router lacks: `OPTIONS`,
/// and 405 with `Allow` for the methods that a known path does not have. `HEAD` follows every `GET`. A trailing slash makes no difference.
///
/// A path names parameters as `{id}`; at one place in the tree all routes must use the same name for it.
package struct Routes: Sendable {
    /// What answers a route.
    package typealias Handler = @Sendable (Request, MillraceRequestContext) async throws -> Response

    /// One route.
    package struct Route: Sendable {
        /// Of the request; `HEAD` follows `GET`.
        package let method: HTTPRequest.Method
        /// Without a prefix.
        package let path: String
        /// What it asks of its caller.
        package let access: Access
        /// Where it answers besides: with each of these in front of the path.
        package let prefixes: [String]
        /// Whether the handler looks for the token of the session's pages itself, in the form.
        var isForm = false
        let handler: Handler
    }

    static let apiPrefixes = ["/v1", "/api", ""]

    /// All routes, in the order in which they were added.
    package private(set) var routes: [Route] = []

    /// Creates an empty table.
    package init() {}

    /// Adds an API route for GET and HEAD.
    package mutating func get(_ path: String, _ access: Access, _ handler: @escaping Handler) {
        api(.get, path, access, handler)
    }

    /// Adds an API route for POST.
    package mutating func post(_ path: String, _ access: Access, _ handler: @escaping Handler) {
        api(.post, path, access, handler)
    }

    /// Adds an API route for PUT.
    package mutating func put(_ path: String, _ access: Access, _ handler: @escaping Handler) {
        api(.put, path, access, handler)
    }

    /// Adds an API route for PATCH.
    package mutating func patch(_ path: String, _ access: Access, _ handler: @escaping Handler) {
        api(.patch, path, access, handler)
    }

    /// Adds an API route for DELETE.
    package mutating func delete(_ path: String, _ access: Access, _ handler: @escaping Handler) {
        api(.delete, path, access, handler)
    }

    /// Adds a route that answers only at this very path: a page, a form's target, a static file.
    package mutating func page(_ method: HTTPRequest.Method, _ path: String, _ access: Access, _ handler: @escaping Handler) {
        routes.append(Route(method: method, path: path, access: access, prefixes: [""], handler: handler))
    }

    /// Adds the target of a form, at this very path. The form has to come from a page of this server.
    /// - Parameter needsToken: Whether a form of a session must have the token of its pages (``Form/tokenField``). False only where nothing is
    ///   done in the session's name.
    package mutating func form(
        _ path: String, _ access: Access, needsToken: Bool = true,
        _ handler: @escaping @Sendable (Form, Request, MillraceRequestContext) async throws -> Response
    ) {
        let checked: Handler = { request, context in
            try CrossSiteCheck.checkOrigin(request)
            let form = try await Form(request, context: context)
            if needsToken { try CrossSiteCheck.check(form, context.caller) }
            return try await handler(form, request, context)
        }
        routes.append(Route(method: .post, path: path, access: access, prefixes: [""], isForm: true, handler: checked))
    }

    private mutating func api(_ method: HTTPRequest.Method, _ path: String, _ access: Access, _ handler: @escaping Handler) {
        routes.append(Route(method: method, path: path, access: access, prefixes: Self.apiPrefixes, handler: handler))
    }
}
