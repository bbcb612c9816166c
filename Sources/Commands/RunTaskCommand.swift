import App
import ArgumentParser
import Foundation

/// `millrace run-task`: a child that runs handlers for the process that started it (`isolation: .process`). Hidden: people have
/// nothing to say to it.
struct RunTaskCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: ChildApp.command, abstract: "Run handlers for the process that started this one.", shouldDisplay: false)

    /// The parent enforces the limits and keeps the log; settings are its own and are not read here.
    func run() async throws {
        do {
            try await ChildApp.run(Launch.tasks)
        } catch {
            FileHandle.standardError.write(Data("\(MillraceCommand.name): \(ExitCode.message(for: error))\n".utf8))
            Foundation.exit(ExitCode.code(for: error))
        }
    }
}
