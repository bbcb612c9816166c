import Foundation

/// `RLIMIT_FSIZE` of a running process: the largest size to which it may write a file.
enum FileSizeLimit {
    private static let program = "/usr/bin/prlimit"
    /// Linux with util-linux.
    static let isSettable = FileManager.default.isExecutableFile(atPath: program)

    /// - Parameter bytes: nil for no limit. Only the soft limit is touched, which its owner may raise again.
    static func set(_ bytes: Int?, of pid: pid_t) async throws {
        let limit = bytes.map { "\($0)" } ?? "unlimited"
        let child = try ChildProcess(program, ["--pid", "\(pid)", "--fsize=\(limit):"], environment: [:], directory: "/")
        let ending = try await child.end(within: .seconds(10))
        guard ending == .code(0) else { throw HarnessError("prlimit ended with \(ending): \(child.errorText)") }
    }
}
