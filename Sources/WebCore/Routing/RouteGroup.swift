/// A set of routes that belong together, such as those of tasks or of uploads: a struct with what its handlers need, one method per route.
///
/// ```swift
/// struct QueueRoutes: RouteGroup {
///     let database: any Database
///
///     func register(in routes: inout Routes) {
///         routes.get("/queues", .viewer, list)
///         routes.post("/queues/{name}/pause", .admin, pause)
///     }
/// }
/// ```
package protocol RouteGroup: Sendable {
    /// Adds the routes, one line each.
    func register(in routes: inout Routes)
}

extension Routes {
    /// Adds the routes of a group.
    package mutating func add(_ group: some RouteGroup) {
        group.register(in: &self)
    }
}
