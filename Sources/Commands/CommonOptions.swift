import App
import ArgumentParser

/// Flags that every command takes.
struct CommonOptions: ParsableArguments {
    @Option(help: "Database: sqlite:PATH or postgres://…; DATABASE_URL otherwise.")
    var database: String?

    @Option(name: .customLong("log-level"), help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel: String?

    /// As settings.
    var flags: [SettingName: String] {
        let flags: [SettingName: String?] = [.databaseURL: database, .logLevel: logLevel]
        return flags.compactMapValues { $0 }
    }
}
