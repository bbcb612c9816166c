/// What an engine is doing at this moment, for health pages and metrics.
package struct EngineSnapshot: Sendable {
    /// One pool of this process.
    package struct Pool: Sendable, Equatable {
        /// The pool's name.
        package let name: String
        /// How many of its tasks this process runs at once.
        package let limit: Int
        /// How many it runs now.
        package let running: Int
    }

    /// Sorted by name.
    package let pools: [Pool]
    /// Nil while it is registering.
    package let workerID: Int64?
    /// Shutdown has begun: nothing is claimed any more.
    package let isDraining: Bool
    /// Handlers that outlived their hard limit and still run.
    package let abandonedHandlers: Int
}
