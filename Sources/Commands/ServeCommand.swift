import App
import ArgumentParser
import Foundation
import Logging

/// `millrace serve`: the HTTP API and the engine in one process.
///
/// The entry that people run. It reads the settings, makes the logger and hands over to ``MillraceApp``, which returns
/// when the process was told to end.
struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "serve", abstract: "Run the HTTP API and the engine in one process.")

    @Option(help: "Address and port to listen on, e.g. 127.0.0.1:8080.")
    var bind: String?

    @Flag(name: .customLong("no-engine"), help: "Only take work over HTTP; other processes execute it.")
    var noEngine = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await Launch.run(flags: common.flags.merging([.bind: bind].compactMapValues { $0 }) { $1 }) { settings, logger in
            let app = MillraceApp(settings: settings, role: .serve(withEngine: !noEngine), tasks: Launch.tasks, logger: logger) { port in
                // Said on standard output so that scripts can wait for it.
                FileHandle.standardOutput.write(
                    Data("millrace listens on \(settings.edge.tls == nil ? "http" : "https")://\(settings.bind.host):\(port)\n".utf8))
            }
            try await app.run()
        }
    }
}
