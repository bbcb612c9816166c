import ServiceLifecycle

/// The time between two passes of a maintenance service.
enum MaintenancePause {
    /// Whether what runs now should come to its end.
    static var isStopping: Bool { Task.isCancelled || Task.isShuttingDownGracefully }

    /// Sleeps until the time is over, or until graceful shutdown or cancellation.
    /// - Returns: false when it is time to end.
    static func sleep(_ duration: Duration) async -> Bool {
        do {
            try await cancelWhenGracefulShutdown { try await Task.sleep(for: duration) }
            return !isStopping
        } catch {
            // Nothing but the end of the service interrupts a sleep.
            return false
        }
    }
}
