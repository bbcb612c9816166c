package import App
package import ArgumentParser
import Foundation

/// `millrace`: durable background tasks over HTTP, in one binary. The root of all commands; an executable's `main` runs it.
package struct MillraceCommand: AsyncParsableCommand {
    /// Name, texts and subcommands.
    package static let configuration = CommandConfiguration(
        commandName: name, abstract: "Durable background tasks: HTTP API and engine in one process.",
        discussion: "Settings come from flags, the environment, .env, then defaults; .env.example lists them.",
        subcommands: [
            ServeCommand.self, WorkerCommand.self, MigrateCommand.self, RegisterCommand.self, SubmitCommand.self, DoctorCommand.self,
            SecretsCommand.self, TokenCommand.self, BenchCommand.self, RunTaskCommand.self,
        ])

    package init() {}

    /// What the process calls itself: a team's own binary has a name of its own.
    static let name = ProcessInfo.processInfo.processName

    /// Runs what the process's arguments say. A command that fails ends the process with its exit code; one that succeeds
    /// returns, `serve` and `worker` after the process was told to end.
    /// - Parameter tasks: task types beside the built-in ones.
    package static func run(adding tasks: TeamTasks = .none) async {
        await Launch.$tasks.withValue(tasks) { await main() }
    }
}
