/// How large a benchmark is.
package struct BenchOptions: Sendable {
    /// Tasks to drain or submit, requests to send.
    package var count: Int
    /// Concurrency of the one pool.
    package var poolLimit: Int
    /// Callers or connections at once.
    package var callers: Int

    package init(count: Int, poolLimit: Int, callers: Int) {
        self.count = count
        self.poolLimit = poolLimit
        self.callers = callers
    }
}
