import Foundation
import TestSupport

/// A running `millrace serve` or `millrace worker`.
struct MillraceProcess: Sendable {
    let child: ChildProcess
    /// Of the HTTP API; 0 for a process without one.
    let port: Int

    /// Its HTTP API.
    var api: MillraceAPI { MillraceAPI(port: port) }

    /// Ends it as a power cut would and waits until it is gone.
    func killHard() async throws {
        child.send(SIGKILL)
        _ = try await child.end(within: .seconds(20))
    }

    /// Asks it to end in order, and waits until it has.
    func terminate(within limit: Duration = .seconds(30)) async throws -> ChildProcess.Ending {
        child.send(SIGTERM)
        return try await child.end(within: limit)
    }
}
