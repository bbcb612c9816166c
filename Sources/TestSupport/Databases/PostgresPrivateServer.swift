import Foundation
import Storage

/// A PostgreSQL server of one test's own, which it may stop, crash and start. It asks for the password `s3cret`.
///
/// Runs as the user whose the shared test server is, since PostgreSQL does not run as root.
package struct PostgresPrivateServer: Sendable {
    /// Holds its data and its unix socket.
    package let directory: String
    private let binaries: String
    private let user: String?

    /// Of the role millrace.
    package static let password = "s3cret"

    /// The folder with `initdb` and `pg_ctl`, nil when the server is not installed.
    package static let binaries: String? = {
        let versions = (try? FileManager.default.contentsOfDirectory(atPath: "/usr/lib/postgresql")) ?? []
        let debian = versions.sorted().reversed().map { "/usr/lib/postgresql/\($0)/bin" }
        let candidates = debian + ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin", "/usr/pgsql/bin"]
        return candidates.first { FileManager.default.isExecutableFile(atPath: $0 + "/initdb") }
    }()

    /// Runs `body` beside a started server, which is gone afterwards.
    package static func with(_ body: (PostgresPrivateServer) async throws -> Void) async throws {
        let server = try locate()
        do {
            try await server.initialise()
            try await server.start()
            try await body(server)
        } catch {
            try? await server.remove()
            throw error
        }
        try await server.remove()
    }

    /// Of its database `postgres`.
    /// - Parameter password: nil for none.
    package func url(password: String? = Self.password) -> String {
        "postgres://millrace" + (password.map { ":\($0)" } ?? "") + "@/postgres?host=\(directory)"
    }

    /// Starts it and returns when it answers.
    package func start() async throws {
        try await run("pg_ctl", "-D", data, "-l", "\(directory)/log", "-o", "-c listen_addresses= -k \(directory)", "-w", "-s", "start")
    }

    /// Stops it and returns when it has ended.
    /// - Parameter mode: `fast` ends all sessions with a word, `immediate` is a crash.
    package func stop(_ mode: String) async throws {
        try await run("pg_ctl", "-D", data, "-m", mode, "-w", "-s", "stop")
    }

    private var data: String { "\(directory)/data" }

    private static func locate() throws -> PostgresPrivateServer {
        guard let binaries, let shared = PostgresProxy.socketDirectory else {
            throw StorageError(.configuration, "no PostgreSQL server installed")
        }
        let owner = try FileManager.default.attributesOfItem(atPath: shared)[.ownerAccountName] as? String
        let directory = "/tmp/millrace-pr-" + String(UInt32.random(in: .min ... .max), radix: 36)
        return PostgresPrivateServer(directory: directory, binaries: binaries, user: getuid() == 0 ? owner : nil)
    }

    private func initialise() async throws {
        try await run("/bin/mkdir", "-m", "0700", directory)
        try await run("/bin/sh", "-c", "printf '%s' \(Self.password) > \(directory)/password")
        try await run(
            "initdb", "-D", data, "-U", "millrace", "-A", "scram-sha-256", "--pwfile=\(directory)/password", "-E", "UTF8", "--locale=C",
            "--no-sync")
    }

    private func remove() async throws {
        try? await stop("immediate")
        try await run("/bin/rm", "-rf", directory)
    }

    private func run(_ program: String, _ arguments: String...) async throws {
        let path = program.hasPrefix("/") ? program : "\(binaries)/\(program)"
        let command = (user.map { ["/usr/sbin/runuser", "-u", $0, "--"] } ?? []) + [path] + arguments
        // Not Foundation's Process, which believes that a program runs as long as something that it started does.
        let status = try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Int32, any Error>) in
            Thread { continuation.resume(with: Result { try Self.runAndWait(command) }) }.start()
        }
        guard status == 0 else { throw StorageError(.other, "\(program) ended with status \(status)") }
    }

    private static func runAndWait(_ command: [String]) throws -> Int32 {
        // The shell shuts the standard streams off, which would otherwise live as long as the server.
        let words = ["/bin/sh", "-c", "cd / && exec \"$@\" </dev/null >/dev/null 2>&1", "sh"] + command
        let arguments = words.map { word in strdup(word) }
        defer { for argument in arguments { free(argument) } }
        var pid: pid_t = 0
        guard posix_spawn(&pid, "/bin/sh", nil, nil, arguments + [nil], environ) == 0 else {
            throw StorageError(.other, "\(command[0]) could not be started")
        }
        var status: Int32 = 0
        guard waitpid(pid, &status, 0) == pid else { throw StorageError(.other, "\(command[0]) was lost") }
        return status
    }
}
