import App
import ArgumentParser

/// `millrace secrets`: what an operator does with secrets as a whole.
struct SecretsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secrets", abstract: "Look after sealed secrets.", subcommands: [Rotate.self])

    /// `millrace secrets rotate`
    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rotate", abstract: "Seal all secrets again under the first key of MILLRACE_SECRETS_KEY.",
            discussion: """
                Put the new key in front of the old one, with a comma between them, restart all processes, run this, and take the old key away. \
                Where a running server owns the database (SQLite), or --url names one, that server does it with its own keys. \
                Exit codes: 0 done, 1 some secrets are opened by none of the keys, 64 no key, 65 refused, 69 no server or database.
                """)

        @Option(help: "A server that is to do it, e.g. http://127.0.0.1:8080.")
        var url: String?

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let flags = [.logLevel: "error"].merging(common.flags) { $1 }
            try await Launch.run(flags: flags) { settings, logger in
                let (rotated, unopened) = try await SecretsClient(settings: settings, url: url, logger: logger).rotate()
                print("\(rotated) secrets were sealed again")
                guard unopened == 0 else { throw ClientError(.notSucceeded, "\(unopened) secrets are opened by none of the keys") }
            }
        }
    }
}
