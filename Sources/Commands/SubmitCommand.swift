import App
import ArgumentParser
import Foundation
import JSONText

/// `millrace submit`: submits one task, and waits for its end if told to.
struct SubmitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit", abstract: "Submit a task; with --wait, print its result.",
        discussion: """
            Writes to the configured database. Where a running server owns it (SQLite), or --url names one, the task is sent there.
            Prints the task's id, with --wait its result. Exit codes: 0 submitted or succeeded, 1 the task did not succeed, \
            64 wrong arguments, 65 refused, 69 no server or database, 124 not ended in time.
            """)

    @Argument(help: "Name of the task type, e.g. demo.echo.")
    var type: String

    @Argument(help: "The input as JSON; - reads standard input, @FILE a file. {} by default.")
    var input = "{}"

    @OptionGroup var options: SubmitOptions

    @Flag(help: "Wait until the task has ended; print its result, or its error on standard error.")
    var wait = false

    @Option(help: "Give up waiting after this time, e.g. 90s; the task goes on.")
    var waitTimeout: TimeSpan?

    @Option(help: "A server to send the task to, e.g. http://127.0.0.1:8080.")
    var url: String?

    @Flag(help: "Print the server's whole answer as JSON: that of the submit, with --wait the task's status.")
    var json = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if waitTimeout != nil, !wait { throw ValidationError("--wait-timeout needs --wait") }
        if options.runAt != nil, options.delay != nil { throw ValidationError("--delay cannot be given together with --run-at") }
    }

    func run() async throws {
        // Notices of a database that is opened for a moment are nobody's business here.
        let flags = [.logLevel: "error"].merging(common.flags) { $1 }
        try await Launch.run(flags: flags) { settings, logger in
            let body = try JSONDocument(parsing: options.body(type: type, input: try readInput()))
            let client = TaskClient(settings: settings, url: url, tasks: Launch.tasks, logger: logger)
            let answer = try await client.submit(body.root)
            guard wait, let id = answer["id"]?.int64 else {
                print(json ? answer.rawText : "\(answer["id"]?.int64 ?? 0)")
                return
            }
            try report(id, try await client.waitForEnd(of: id, limit: waitTimeout?.duration))
        }
    }

    private func report(_ id: Int64, _ status: JSONValue) throws {
        let state = status["status"]?.string ?? ""
        if json {
            print(status.rawText)
        } else if state == "succeeded", let result = status["result"], !result.isNull {
            print(result.rawText)
        }
        guard state != "succeeded" else { return }
        let error = status["error"]
        let reason = error?["code"]?.string.map { ": \($0): \(error?["message"]?.string ?? "")" } ?? ""
        throw ClientError(.notSucceeded, "task \(id) \(state == "failed" ? "failed" : "was \(state)")\(reason)")
    }

    /// - Throws: ``ClientError`` when it cannot be read or is no JSON; the text itself is not repeated.
    private func readInput() throws -> String {
        let text: String
        if input == "-" {
            text = String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self)
        } else if input.hasPrefix("@") {
            let path = String(input.dropFirst())
            guard let data = FileManager.default.contents(atPath: path) else { throw ClientError(.usage, "\(path) cannot be read") }
            text = String(decoding: data, as: UTF8.self)
        } else {
            text = input
        }
        do {
            return try JSONDocument(parsing: text).root.rawText
        } catch {
            throw ClientError(.usage, "the input is not JSON: \(error)")
        }
    }
}
