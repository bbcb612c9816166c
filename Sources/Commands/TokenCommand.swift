import App
import ArgumentParser

/// `millrace token`: makes a signed token.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Make a token that is signed with MILLRACE_JWT_SECRET.",
        discussion: """
            Prints it. It cannot be taken back before it expires: for machines that run on, make one with POST /v1/tokens. \
            Exit codes: 0 printed, 64 no secret or wrong arguments.
            """)

    @Option(help: "The tenant that it is for.")
    var tenant: String

    @Option(help: "What it allows: \(TokenMint.roles.joined(separator: ", ")).")
    var role: String

    @Option(help: "How long it holds, e.g. 30m, 8h, 30d; an hour by default.")
    var ttl: TimeSpan?

    @Option(help: "Who it is for; shown in logs.")
    var subject = "command"

    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await Launch.run(flags: common.flags) { settings, _ in
            let lifetime = ttl?.duration ?? .seconds(3600)
            print(try await TokenMint(settings).mint(tenant: tenant, role: role, subject: subject, lifetime: lifetime))
        }
    }
}
