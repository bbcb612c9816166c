import App
import Commands
@_exported public import Logging
@_exported public import Storage
@_exported public import TaskEngine

/// Runs this process as a Millrace binary with task types of its own: every command, built-in task type and page is there.
///
/// ```swift
/// import Millrace
///
/// @main
/// struct Hello {
///     static func main() async {
///         await Millrace.main { tasks in
///             tasks.register(Greet.self) { parameters, context in "Hello, \(parameters.name)!" }
///         }
///     }
/// }
/// ```
/// Returns when the command has ended well, for `serve` and `worker` after SIGTERM or SIGINT. A command that fails says why in one
/// line on standard error and ends the process with a code after sysexits.h.
///
/// A function of the module and not of a type called `Millrace`, so that `Millrace.TaskContext` keeps naming what it says.
/// - Parameter register: called once in each process that takes or runs tasks. What it throws ends the start.
public func main(_ register: @escaping @Sendable (_ tasks: inout TaskRegistry) async throws -> Void = { _ in }) async {
    await MillraceCommand.run(adding: TeamTasks(register))
}
