import App
import ArgumentParser
import JSONText
import Storage
import TaskEngine

/// `millrace doctor`: looks for what must not be, beside whoever uses the database. Changes nothing.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Check the database's invariants while it is in use; change nothing.",
        discussion: "Exit code 0: nothing is wrong. 1: something is; each line says what and with which statement it could be mended.")

    @Flag(help: "One JSON object.")
    var json = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let flags = [.logLevel: "warning"].merging(common.flags) { $1 }
        var isClean = true
        try await Launch.run(flags: flags) { settings, logger in
            let database = try await ProcessParts.openDatabase(settings, owner: nil, logger: logger)
            defer { database.close() }
            let report = try await ProcessParts.doctor(of: database, retention: settings.engine.retention).examine()
            isClean = report.isClean
            print(json ? report.json : report.text)
        }
        if !isClean { throw ArgumentParser.ExitCode(1) }
    }
}

extension Doctor.Report {
    /// One line per finding, then the sum.
    var text: String {
        let lines = findings.map { "\($0.code.rawValue): \($0.detail)\n    \($0.repair)" }
        let sum =
            isClean
            ? "\(tasks) tasks examined, nothing is wrong" : "\(tasks) tasks examined, \(findings.count)\(hasMore ? "+" : "") findings"
        return (lines + [sum]).joined(separator: "\n")
    }

    /// The same for programs.
    var json: String {
        var writer = JSONWriter()
        writer.object { object in
            object.field("clean", isClean)
            object.field("tasks", tasks)
            object.field("more", hasMore)
            object.key("findings")
            object.array { array in
                for finding in findings {
                    array.object { object in
                        object.field("code", finding.code.rawValue)
                        object.field("subject", finding.subject)
                        object.field("task_id", finding.task)
                        object.field("detail", finding.detail)
                        object.field("repair", finding.repair)
                    }
                }
            }
        }
        return writer.text
    }
}
