import Foundation
import Storage
import Synchronization
import TestSupport

/// One test's own database and directories, and the processes that it starts on them.
///
/// Made by ``withSite(_:_:)``, which kills whatever is left of the processes before the database goes away.
final class MillraceSite: Sendable {
    let place: DatabasePlace
    /// Bears this name in PostgreSQL's list of sessions.
    let sessionName = "e2e" + String(UInt64.random(in: .min ... .max), radix: 36)
    private let program: String
    private let children = Mutex<[ChildProcess]>([])

    init(_ place: DatabasePlace, program: String) {
        self.place = place
        self.program = program
    }

    /// Where uploads are stored.
    var dataDirectory: String { place.directory.path("data") }

    /// What the processes are told: the database, the directories, a quick heartbeat, and nothing of this process's own
    /// environment but what programs need in order to run.
    var environment: [String: String] {
        var variables = [
            "PATH": "/usr/bin:/bin", "HOME": place.directory.url.path, "DATABASE_URL": databaseURL,
            "MILLRACE_ROOT": MillraceBinary.root.path, "MILLRACE_DATA_DIR": dataDirectory, "MILLRACE_MIN_FREE": "0",
            "MILLRACE_HEARTBEAT_MS": "200", "MILLRACE_WORKER_DEAD_MS": "1000",
        ]
        for name in ["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TSAN_OPTIONS"] {
            variables[name] = ProcessInfo.processInfo.environment[name]
        }
        return variables
    }

    var databaseURL: String {
        switch place.kind {
        case .sqlite: "sqlite:" + place.url
        case .postgres: place.url + "&application_name=" + sessionName
        }
    }

    /// Starts `millrace` with any arguments and does not wait for anything.
    /// - Parameter openFiles: how many files and sockets it may have open, whoever asks; nil for as many as this process.
    func run(_ arguments: [String], _ more: [String: String] = [:], openFiles: Int? = nil) throws -> ChildProcess {
        var words = [try MillraceBinary.path(program)] + arguments
        if let openFiles { words = ["/bin/sh", "-c", "ulimit -n \(openFiles) && exec \"$@\"", "sh"] + words }
        let child = try ChildProcess(
            words[0], Array(words.dropFirst()), environment: environment.merging(more) { $1 }, directory: place.directory.url.path)
        children.withLock { $0.append(child) }
        return child
    }

    /// Starts `millrace serve` and returns when it answers.
    /// - Parameters:
    ///   - more: settings beside those of ``environment``.
    ///   - port: 0 for any.
    func serve(
        _ more: [String: String] = [:], arguments: [String] = [], port: Int = 0, openFiles: Int? = nil
    ) async throws -> MillraceProcess {
        let child = try run(["serve", "--bind", "127.0.0.1:\(port)"] + arguments, more, openFiles: openFiles)
        let line = try await firstLine(of: child)
        guard let listening = line.split(separator: ":").last.flatMap({ Int($0) }),
            ["http", "https"].contains(where: { line.hasPrefix("millrace listens on \($0)://127.0.0.1:") })
        else { throw HarnessError("serve said on standard output: \(line)") }
        return MillraceProcess(child: child, port: listening)
    }

    /// Starts `millrace worker`, which says nothing when it is ready: ask `/worker/health` of a `serve` beside it.
    func worker(_ name: String, _ more: [String: String] = [:]) throws -> MillraceProcess {
        MillraceProcess(child: try run(["worker", "--name", name], more), port: 0)
    }

    /// Opens the database beside the processes, to look.
    func look<Result>(_ body: (any Database) async throws -> Result) async throws -> Result {
        let database = try await place.open(poolSize: 1)
        defer { database.close() }
        return try await body(database)
    }

    /// Bytes of all files in the data directory.
    func storedBytes() throws -> Int {
        let files = FileManager.default.enumerator(atPath: dataDirectory)?.compactMap { $0 as? String } ?? []
        return files.reduce(0) { sum, path in
            // A file may go while it is looked at.
            let attributes = try? FileManager.default.attributesOfItem(atPath: dataDirectory + "/" + path)
            guard attributes?[.type] as? FileAttributeType == .typeRegular else { return sum }
            return sum + ((attributes?[.size] as? NSNumber)?.intValue ?? 0)
        }
    }

    /// Kills what still runs and returns the standard error of all processes, for a failed test's message.
    func killAll() async -> String {
        let all = children.withLock { $0 }
        for child in all { child.send(SIGKILL) }
        var texts: [String] = []
        for child in all {
            // A process that cannot even be killed is a matter for the machine's owner; the text says which.
            let ending = try? await child.end(within: .seconds(20))
            texts.append("--- pid \(child.pid), \(ending.map { "\($0)" } ?? "still there"):\n\(child.errorText.suffix(4000))")
        }
        return texts.joined(separator: "\n")
    }

    /// Whichever comes first: the line, or the end of the process, which is then an error with its own words.
    private func firstLine(of child: ChildProcess) async throws -> String {
        try await withThrowingTaskGroup(of: String.self) { group in
            group.addTask { try await child.lines.wait(within: .seconds(60))[0] }
            group.addTask {
                let ending = try await child.end(within: .seconds(60))
                throw HarnessError("serve ended with \(ending) before it answered: \(child.errorText)")
            }
            defer { group.cancelAll() }
            guard let line = try await group.next() else { throw HarnessError("serve did not answer") }
            return line
        }
    }
}

/// Runs `body` with a database and processes of its own. However it ends, no process is left and the database is gone; if
/// it fails, the processes' standard error is part of the message.
/// - Parameter program: the binary that the processes are of.
func withSite<Result>(
    _ kind: DatabaseKind, program: String = "millrace", _ body: (MillraceSite) async throws -> Result
) async throws -> Result {
    try await withDatabasePlace(kind) { try await withSite(at: $0, program: program, body) }
}

/// The same on a database that its maker takes away.
func withSite<Result>(
    at place: DatabasePlace, program: String = "millrace", _ body: (MillraceSite) async throws -> Result
) async throws -> Result {
    let site = MillraceSite(place, program: program)
    do {
        let result = try await body(site)
        _ = await site.killAll()
        return result
    } catch {
        throw HarnessError("\(error)\n\(await site.killAll())")
    }
}
