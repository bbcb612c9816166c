import App
import ArgumentParser

/// `millrace worker`: an engine without HTTP, beside others on the same PostgreSQL database.
struct WorkerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "worker", abstract: "Run an engine without HTTP against the same database (PostgreSQL).")

    @Option(help: "Name of this worker in health pages; the host's name by default.")
    var name: String?

    @Option(help: "Pools to serve, separated by commas; all by default.")
    var pools: String?

    @Option(help: "Queues to serve, separated by commas; all by default.")
    var queues: String?

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let own: [SettingName: String?] = [.workerName: name, .servePools: pools, .serveQueues: queues]
        try await Launch.run(flags: common.flags.merging(own.compactMapValues { $0 }) { $1 }) { settings, logger in
            try await MillraceApp(settings: settings, role: .worker, tasks: Launch.tasks, logger: logger).run()
        }
    }
}
