package import ArgumentParser

/// `millrace`: durable background tasks over HTTP, in one binary. The root of all commands; an executable's `main` runs it.
package struct MillraceCommand: AsyncParsableCommand {
    /// Name, texts and subcommands.
    package static let configuration = CommandConfiguration(
        commandName: "millrace", abstract: "Durable background tasks: HTTP API and engine in one process.",
        discussion: "Settings come from flags, the environment, .env, then defaults; .env.example lists them.",
        subcommands: [ServeCommand.self, WorkerCommand.self, MigrateCommand.self, DoctorCommand.self, BenchCommand.self])

    package init() {}

    /// Runs what the process's arguments say and ends the process with the command's exit code.
    package static func run() async {
        await main()
    }
}
