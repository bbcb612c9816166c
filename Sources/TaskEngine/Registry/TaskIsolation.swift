/// Where the handler of a task type runs: in the engine's process, or in a child of it that can be killed.
///
/// ```swift
/// tasks.register(Convert.self, options: .init(isolation: .process(memoryBytes: 512 << 20)), Convert.run)
/// ```
public struct TaskIsolation: Sendable, Equatable {
    /// Nil: in the engine's process.
    package let limits: ChildLimits?

    /// On a thread of the engine's process. The default: nothing starts faster, but such a handler cannot be killed, and a trap
    /// in it ends the process.
    public static let none = TaskIsolation(limits: nil)

    /// In a child process with the default limits.
    public static let process = process()

    /// In a child of the same binary, which is killed with everything it started when it takes too long or too much. It does not
    /// reach the database: ``TaskContext/complete(_:)`` fails the attempt there.
    /// - Parameters:
    ///   - memoryBytes: beyond this the attempt fails with `memory_limit`. Nil: `MILLRACE_CHILD_MEMORY`. At least 64 MiB.
    ///   - cpu: time of the processor in one attempt; beyond it fails with `cpu_limit`. Whole seconds, rounded up. Nil: none but
    ///     the timeout.
    ///   - openFiles: how many files the child may have open. At least 64.
    ///   - tasksPerChild: after this many attempts a child is replaced; 1 gives each attempt a process of its own.
    public static func process(
        memoryBytes: Int? = nil, cpu: Duration? = nil, openFiles: Int = 1024, tasksPerChild: Int = 100
    ) -> TaskIsolation {
        TaskIsolation(limits: ChildLimits(memoryBytes: memoryBytes, cpu: cpu, openFiles: openFiles, tasksPerChild: tasksPerChild))
    }

    /// What makes no sense about it, as the end of a sentence.
    var fault: String? {
        guard let limits else { return nil }
        if let memory = limits.memoryBytes, memory < 64 << 20 { return "less than 64 MiB of memory" }
        if let cpu = limits.cpu, cpu <= .zero { return "a CPU limit of no time" }
        if limits.openFiles < 64 { return "fewer than 64 open files" }
        return limits.tasksPerChild < 1 ? "children for no task" : nil
    }
}

/// What a child process may take; see ``TaskIsolation/process(memoryBytes:cpu:openFiles:tasksPerChild:)``.
package struct ChildLimits: Sendable, Equatable {
    /// Nil: the process's default.
    package var memoryBytes: Int?
    /// Per attempt; nil for none.
    package var cpu: Duration?
    /// Open files at once.
    package var openFiles: Int
    /// Attempts before it is replaced.
    package var tasksPerChild: Int
}
