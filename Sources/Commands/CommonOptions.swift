import App
import ArgumentParser

/// Flags that every command takes.
struct CommonOptions: ParsableArguments {
    @Option(help: "Database: sqlite:PATH or postgres://…; DATABASE_URL otherwise.")
    var database: String?

    @Option(name: .customLong("log-level"), help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel: String?

    @Option(help: "A file with the token to show to a server; MILLRACE_TOKEN otherwise.")
    var tokenFile: String?

    /// As settings.
    var flags: [SettingName: String] {
        let flags: [SettingName: String?] = [.databaseURL: database, .logLevel: logLevel, .tokenFile: tokenFile]
        return flags.compactMapValues { $0 }
    }
}
