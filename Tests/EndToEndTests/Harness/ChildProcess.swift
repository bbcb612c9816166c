import Foundation
import Synchronization
import TestSupport

/// A program that was started, with its standard output line by line and its standard error as text.
///
/// Not Foundation's Process, which believes that a program runs as long as something that it started does. Three threads of
/// their own read the pipes and wait for the end, so that nothing blocks the cooperative pool.
final class ChildProcess: Sendable {
    /// How a process ended.
    enum Ending: Sendable, Equatable {
        case code(Int32)
        case signal(Int32)
    }

    let pid: pid_t
    /// Every whole line of standard output, in order.
    let lines = TestSignal<String>()
    private let errors = Mutex<[UInt8]>([])
    private let endings = TestSignal<Ending>()
    private let outputsEnded = TestSignal<Void>()
    /// False once the pid has been given back to the system, which may then give it to somebody else.
    private let ownsPID = Mutex(true)

    /// Starts `program` with nothing of this process's environment.
    /// - Parameter directory: its working directory.
    init(_ program: String, _ arguments: [String], environment: [String: String], directory: String) throws {
        let output = try Pipe(), error = try Pipe()
        // A shell, because the working directory is set by spawn attributes that not every C library has.
        let words = ["/bin/sh", "-c", "cd \"$1\" && shift && exec \"$@\" </dev/null", "sh", directory, program] + arguments
        pid = try Self.spawn(words, environment: environment, output: output.write, error: error.write)
        close(output.write)
        close(error.write)
        start("lines") { self.readLines(output.read) }
        start("errors") { self.readErrors(error.read) }
        start("end") { self.waitForEnd() }
    }

    /// What was written to standard error so far.
    var errorText: String { String(decoding: errors.withLock { $0 }, as: UTF8.self) }

    /// Sends a signal; nothing happens when the process has ended.
    func send(_ signal: Int32) {
        ownsPID.withLock { if $0 { kill(pid, signal) } }
    }

    /// Waits for the end, and until all that was written to standard output and standard error has been read.
    func end(within limit: Duration) async throws -> Ending {
        let ending = try await endings.wait(within: limit)[0]
        try await outputsEnded.wait(for: 2, within: limit)
        return ending
    }

    // MARK: - On threads of their own

    private func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let thread = Thread(block: body)
        thread.name = "child-\(name)"
        thread.start()
    }

    private func readLines(_ descriptor: Int32) {
        var rest: [UInt8] = []
        Self.readAll(descriptor) { bytes in
            rest += bytes
            while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
                lines.send(String(decoding: rest[..<newline], as: UTF8.self))
                rest.removeSubrange(...newline)
            }
        }
        outputsEnded.send()
    }

    private func readErrors(_ descriptor: Int32) {
        Self.readAll(descriptor) { bytes in errors.withLock { $0 += bytes } }
        outputsEnded.send()
    }

    private func waitForEnd() {
        var info = siginfo_t()
        // Looks without reaping, so that the pid stays ours until ``send(_:)`` is barred from using it.
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        let status = ownsPID.withLock { owns in
            owns = false
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            return status
        }
        endings.send(status & 0x7f == 0 ? .code(status >> 8 & 0xff) : .signal(status & 0x7f))
    }

    private static func readAll(_ descriptor: Int32, _ consume: (ArraySlice<UInt8>) -> Void) {
        var buffer = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count > 0 { consume(buffer[..<count]) } else if count == 0 || errno != EINTR { break }
        }
        close(descriptor)
    }

    // MARK: - Starting

    /// Both ends are closed in every other program that this process starts.
    private struct Pipe {
        let read: Int32
        let write: Int32

        init() throws {
            var ends: [Int32] = [-1, -1]
            guard pipe(&ends) == 0 else { throw HarnessError("no pipe: \(String(cString: strerror(errno)))") }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            (read, write) = (ends[0], ends[1])
        }
    }

    private static func spawn(_ words: [String], environment: [String: String], output: Int32, error: Int32) throws -> pid_t {
        #if canImport(Darwin)
        var actions: posix_spawn_file_actions_t?
        var attributes: posix_spawnattr_t?
        #else
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, error, 2)
        // Signals as a shell would leave them: what this process ignores must not be ignored there.
        var all = sigset_t(), none = sigset_t()
        sigfillset(&all)
        sigemptyset(&none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETSIGMASK))
        let arguments = words.map { strdup($0) }
        let variables = environment.map { strdup("\($0.key)=\($0.value)") }
        defer { for text in arguments + variables { free(text) } }
        var pid: pid_t = 0
        let result = posix_spawn(&pid, words[0], &actions, &attributes, arguments + [nil], variables + [nil])
        guard result == 0 else { throw HarnessError("\(words[0]) could not be started: \(String(cString: strerror(result)))") }
        return pid
    }
}
