import App
import ArgumentParser
import Storage

/// `millrace migrate`: brings the database to this binary's schema. `serve` and `worker` do the same at start.
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "migrate", abstract: "Bring the database to this binary's schema.")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await Launch.run(flags: common.flags) { settings, logger in
            let parts = try await ProcessParts.open(settings, owner: SQLiteOwner(url: ""), tasks: Launch.tasks, logger: logger)
            parts.database.close()
            print("schema \(Migrator.binaryNumber)")
        }
    }
}
