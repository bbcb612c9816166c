import App
import Foundation
import Logging

/// What every command does before and after its own work: settings, logging, and errors as one line and an exit code.
enum Launch {
    /// What the binary adds to the built-in task types; set around the whole command by ``MillraceCommand/run(adding:)``.
    @TaskLocal static var tasks = TeamTasks.none

    static func run(flags: [SettingName: String], _ body: (Settings, Logger) async throws -> Void) async throws {
        // A file that may grow no further (ulimit -f) is an error like a full disk, and no reason to die.
        signal(SIGXFSZ, SIG_IGN)
        do {
            let source = try SettingsSource(flags: flags, environment: ProcessInfo.processInfo.environment, envFile: ".env")
            let settings = try Settings(source)
            let logger = makeLogger(settings)
            for warning in settings.warnings { logger.warning("\(warning)") }
            try await body(settings, logger)
        } catch {
            FileHandle.standardError.write(Data("\(MillraceCommand.name): \(ExitCode.message(for: error))\n".utf8))
            Foundation.exit(ExitCode.code(for: error))
        }
    }

    private static func makeLogger(_ settings: Settings) -> Logger {
        let format = settings.logFormat
        LoggingSystem.bootstrap { label in
            switch format {
            case .text: StreamLogHandler.standardError(label: label)
            case .json: JSONLogHandler(label: label)
            }
        }
        var logger = Logger(label: "millrace")
        logger.logLevel = settings.logLevel
        return logger
    }
}
