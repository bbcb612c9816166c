import App
import ArgumentParser
import Foundation
import JSONText

/// `millrace register`: registers definitions of workflows, or only checks them.
struct RegisterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "register", abstract: "Register workflows from files of JSON.",
        discussion: """
            Writes to the configured database. Where a running server owns it (SQLite), or --url names one, the definitions are sent \
            there. All are checked first: when one is refused, none is registered. The same content again changes nothing, other \
            content is a new version. Exit codes: 0 registered, 64 wrong arguments, 65 refused, 69 no server or database.
            """)

    @Argument(help: "Files of one definition each, or directories whose *.json are read.")
    var paths: [String]

    @Flag(help: "Check only; register nothing.")
    var dryRun = false

    @Option(help: "A server to send them to, e.g. http://127.0.0.1:8080.")
    var url: String?

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let flags = [.logLevel: "error"].merging(common.flags) { $1 }
        try await Launch.run(flags: flags) { settings, logger in
            let files = try readFiles()
            let client = WorkflowClient(settings: settings, url: url, tasks: Launch.tasks, logger: logger)
            let texts = files.map(\.text)
            let checked = try await client.register(texts, isDryRun: true)
            try report(files, checked, isDryRun: true)
            guard !dryRun else { return }
            try report(files, try await client.register(texts, isDryRun: false), isDryRun: false)
        }
    }

    /// - Throws: ``ClientError`` with code `refused` when one was refused, after a look at all.
    private func report(_ files: [(path: String, text: String)], _ outcomes: [WorkflowClient.Outcome], isDryRun: Bool) throws {
        var refusals: [String] = []
        for (file, outcome) in zip(files, outcomes) {
            switch outcome {
            case .refused(let message): refusals.append("\(file.path): \(message)")
            case .registered(let answer):
                if isDryRun { warn(file.path, answer) }
                if isDryRun == dryRun { print(Self.line(answer)) }
            }
        }
        if !refusals.isEmpty { throw ClientError(.refused, refusals.joined(separator: "\n")) }
    }

    private static func line(_ answer: JSONValue) -> String {
        let isNew = answer["created"]?.bool == true
        return "\(answer["name"]?.string ?? "")@\(answer["version"]?.int64 ?? 0) \(isNew ? "new" : "unchanged")"
    }

    private func warn(_ path: String, _ answer: JSONValue) {
        for warning in answer["warnings"]?.elements ?? [] {
            let line = "\(path): warning: \(warning["pointer"]?.string ?? "") \(warning["detail"]?.string ?? "")\n"
            FileHandle.standardError.write(Data(line.utf8))
        }
    }

    /// - Throws: ``ClientError`` when one cannot be read or is no JSON.
    private func readFiles() throws -> [(path: String, text: String)] {
        let found = try paths.flatMap(Self.files)
        guard !found.isEmpty else { throw ClientError(.usage, "there is no *.json in \(paths.joined(separator: ", "))") }
        return try found.map { path in
            guard let data = FileManager.default.contents(atPath: path) else { throw ClientError(.usage, "\(path) cannot be read") }
            do {
                return (path, try JSONDocument(parsing: data).root.rawText)
            } catch {
                throw ClientError(.usage, "\(path) is not JSON: \(error)")
            }
        }
    }

    /// The path itself, or the files of JSON in a directory by name.
    private static func files(at path: String) throws -> [String] {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw ClientError(.usage, "\(path) is not there")
        }
        guard isDirectory.boolValue else { return [path] }
        let names = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(".json") }
        return names.sorted().map { "\(path)/\($0)" }
    }
}
