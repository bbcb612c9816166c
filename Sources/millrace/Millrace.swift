import ArgumentParser

/// `millrace`: durable background tasks over HTTP, in one binary.
@main
struct Millrace: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "millrace", abstract: "Durable background tasks: HTTP API and engine in one process.",
        discussion: "Settings come from flags, the environment, .env, then defaults; .env.example lists them.",
        subcommands: [ServeCommand.self, WorkerCommand.self, MigrateCommand.self, BenchCommand.self])
}
