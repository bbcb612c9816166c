import Foundation
package import Logging

/// The handlers of a child process: runs attempts that its parent holds.
///
/// Used by the `run-task` command alone. Knows no database: what a handler collects for the commit of its success travels to the
/// parent, and what cannot travel fails the attempt.
package final class IsolatedHandlers: Sendable {
    private let registry: TaskRegistry
    private let threads = HandlerThreads(name: "millrace-task", limit: ProcessInfo.processInfo.activeProcessorCount)

    /// - Parameter registry: the same types as in the parent; those that need what a child does not have may be missing.
    package init(registry: TaskRegistry) {
        self.registry = registry
    }

    /// Starts an attempt and returns at once.
    /// - Parameters:
    ///   - logger: takes the handler's lines.
    ///   - progress: takes what it reports.
    ///   - answer: answers what it asks for.
    ///   - ended: called once, when the handler has returned or thrown.
    /// - Returns: what cancels the handler.
    package func start(
        _ order: IsolatedOrder, logger: Logger, progress: @escaping @Sendable (Double?, String?) -> Void,
        answer: @escaping HandlerCall, ended: @escaping @Sendable (IsolatedEnd) -> Void
    ) -> Task<Void, Never> {
        Task(executorPreference: threads) { ended(await self.run(order, logger, progress, answer)) }
    }

    private func run(
        _ order: IsolatedOrder, _ logger: Logger, _ progress: @escaping @Sendable (Double?, String?) -> Void,
        _ answer: @escaping HandlerCall
    ) async -> IsolatedEnd {
        guard let type = registry.type(named: order.type) else {
            return .failed(code: "unknown_type", message: "no handler for '\(order.type)' in the child process")
        }
        let known = Set(order.knownTypes)
        let context = TaskContext(
            order.task, deadline: .now + .milliseconds(order.millisecondsLeft), journal: nil, helper: .other(answer), logger: logger,
            progress: progress
        ) { known.contains($0) }
        do {
            let output = try await registry.run(type, input: order.input, context: context)
            return Self.end(output, context.collected)
        } catch {
            return Self.end(error)
        }
    }

    private static func end(_ output: String?, _ collected: TaskContext.Collected?) -> IsolatedEnd {
        if collected?.writes.isEmpty == false {
            return .failed(
                code: "complete_unavailable",
                message: "context.complete is not available with isolation: .process: the child does not reach the database")
        }
        if let size = output?.utf8.count, size > IsolatedEnd.largestOutput {
            return .failed(
                code: "output_too_large",
                message: "the output has \(size) bytes, more than the \(IsolatedEnd.largestOutput) that a child may return")
        }
        return .succeeded(output: output, followUps: collected?.followUps ?? [])
    }

    private static func end(_ error: any Error) -> IsolatedEnd {
        switch error {
        case TaskFailure.permanent(let error): .failed(code: error.code, message: error.message)
        case TaskFailure.retry(let error, let after):
            .retry(code: error.code, message: error.message, afterMicroseconds: after.wholeMicroseconds)
        case TaskFailure.snooze(let delay): .snoozed(microseconds: delay.wholeMicroseconds)
        case let error as TaskError: .retry(code: error.code, message: error.message, afterMicroseconds: nil)
        default: .retry(code: "handler_error", message: String(describing: error), afterMicroseconds: nil)
        }
    }
}
