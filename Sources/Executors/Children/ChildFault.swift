import Foundation
import TaskEngine

/// Why an attempt ended without its handler having said so.
enum ChildFault: Error, Sendable, Equatable {
    /// The child could not be started; the system's reason.
    case notStarted(String)
    /// It ended by itself.
    case ended(ChildExit.How)
    /// It says what no child says, or nothing any more.
    case protocolError(String)
    /// It took more memory than it may.
    case memory(bytes: Int, limit: Int)
    /// The time was up.
    case killed

    /// What clients are told.
    /// - Parameter output: the last lines that the child printed, "" for none.
    func error(output: String) -> TaskError {
        let (code, message) = words
        return TaskError(code: code, message: output.isEmpty ? message : message + "; its last output: " + output)
    }

    private var words: (code: String, message: String) {
        switch self {
        case .notStarted(let reason): ("child_start_failed", "no child process could be started: \(reason)")
        case .ended(.signal(SIGXCPU)): ("cpu_limit", "the child process used more CPU time than it may")
        case .ended(.signal(let signal)): ("child_crashed", "the child process was ended by \(ChildExit.name(ofSignal: signal))")
        case .ended(.code(ChildMain.lostSocket)): ("child_protocol", "the child process ended: it closed its socket")
        case .ended(.code(let code)): ("child_exited", "the child process ended with code \(code) before the handler had returned")
        case .protocolError(let what): ("child_protocol", "the child process was killed: \(what)")
        case .memory(let bytes, let limit):
            ("memory_limit", "the child process was killed: it had \(bytes >> 20) MiB of memory, and may have \(limit >> 20) MiB")
        case .killed: ("timed_out", "the child process was killed at its time limit")
        }
    }
}
