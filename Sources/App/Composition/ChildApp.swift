package import Executors
import Foundation
package import Logging
package import TaskEngine

/// Both ends of `isolation: .process` in the composition: the process that starts children, and the child.
package enum ChildApp {
    /// The hidden command by which a binary becomes a child.
    package static let command = "run-task"

    /// What starts children for an engine.
    /// - Parameter registry: all types of the process.
    package static func children(_ settings: Settings, _ registry: TaskRegistry, logger: Logger) -> ChildProcesses {
        var environment = ProcessInfo.processInfo.environment
        for name in SettingName.allCases where name.isSecret { environment[name.rawValue] = nil }
        // Swift's own backtrace takes seconds, during which the slot is taken; who wants it says so.
        environment["SWIFT_BACKTRACE"] = environment["SWIFT_BACKTRACE"] ?? "enable=no"
        return ChildProcesses(
            settings: .init(command: [command], environment: environment, memoryBytes: settings.childMemory), knownTypes: registry.names,
            logger: logger)
    }

    /// Runs handlers for the parent until it closes the socket.
    /// - Parameter tasks: what this binary adds to the built-in task types.
    /// - Throws: ``SettingsError`` for people who call the command, ``RegistrationError``, or what the team's closure throws.
    package static func run(_ tasks: TeamTasks) async throws {
        guard ChildMain.isChild else { throw SettingsError("\(command) is for Millrace itself: `serve` and `worker` start it") }
        ChildMain.prepareProcess()
        var registry = TaskRegistry()
        DemoTasks.register(in: &registry)
        FaultTasks.register(in: &registry)
        try await tasks.add(to: &registry)
        try registry.check()
        let child = ChildMain(registry: registry)
        // On a thread that may block: the cooperative pool belongs to the handlers.
        Thread { child.run() }.start()
        while true { try await Task.sleep(for: .seconds(3600)) }
    }
}
