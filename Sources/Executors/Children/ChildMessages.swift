package import TaskEngine

/// What an engine's process says to a child.
package enum MessageToChild: Sendable, Codable {
    /// Run this attempt. Sent only when the one before it has ended.
    case run(IsolatedOrder, ChildRlimits)
    /// Cancel the handler of the attempt with this serial.
    case cancel(serial: Int)
    /// The answer to the request of this number.
    case answer(serial: Int, request: Int, HandlerReply)
}

/// What a child says to the engine's process. Each message names the attempt it belongs to: one that comes late, from work
/// which a handler left behind, must not be taken for the next task's.
package enum MessageFromChild: Sendable, Codable {
    /// A line of the handler's logger.
    case log(serial: Int, level: String, message: String)
    /// How far it is.
    case progress(serial: Int, fraction: Double?, message: String?)
    /// The handler asks for something; requests are numbered, and may be answered in another order.
    case ask(serial: Int, request: Int, HandlerRequest)
    /// The handler has ended. `isClean` when nothing that it started is left, so that the child can take another attempt.
    case end(serial: Int, end: IsolatedEnd, isClean: Bool)
}

/// The limits a child sets itself before it calls a handler; see `setrlimit`.
package struct ChildRlimits: Sendable, Codable, Equatable {
    /// What a process may use before it cannot allocate any more is this much above the memory limit: stacks of threads and
    /// free memory that the allocator keeps are counted too.
    static let memorySlack = 512 << 20

    /// Bytes of allocated memory of each process.
    package let dataBytes: Int
    /// Seconds of CPU time in one attempt; nil for none.
    package let cpuSeconds: Int?
    /// Open files.
    package let openFiles: Int

    package init(_ limits: ChildLimits, memoryBytes: Int) {
        dataBytes = memoryBytes + Self.memorySlack
        cpuSeconds = limits.cpu.map { Int(($0 / .seconds(1)).rounded(.up)) }
        openFiles = limits.openFiles
    }
}
