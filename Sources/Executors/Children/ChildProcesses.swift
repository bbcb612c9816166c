import Foundation
package import Logging
import ServiceLifecycle
import Synchronization
package import TaskEngine

/// Runs attempts in children of this binary, and keeps children for the next attempt of the same type.
///
/// The composition root makes one per process, gives it to the engine and runs it as a service that ends after the engine.
/// Guarantees that a child works for one attempt at a time, and that none is left when the service has ended.
package final class ChildProcesses: TaskIsolator, Service {
    /// How children are started.
    package struct Settings: Sendable {
        /// What the binary is told to become a child.
        package var command: [String]
        /// The environment of children: this process's without secrets.
        package var environment: [String: String]
        /// The memory limit of types that set none.
        package var memoryBytes: Int
        /// How long a child waits for another task of its type.
        package var idleTime = Duration.seconds(30)
        /// Most children that wait.
        package var mostIdle = 8

        package init(command: [String], environment: [String: String], memoryBytes: Int) {
            self.command = command
            self.environment = environment
            self.memoryBytes = memoryBytes
        }
    }

    private struct Idle: Sendable {
        let type: String
        let child: Child
        let since: ContinuousClock.Instant
    }

    private struct State {
        var idle: [Idle] = []
        var lastSerial = 0
        var isClosed = false
    }

    private let settings: Settings
    private let knownTypes: [String]
    private let logger: Logger
    private let state = Mutex(State())

    /// - Parameter knownTypes: those that handlers may submit follow-ups of.
    package init(settings: Settings, knownTypes: [String], logger: Logger) {
        self.settings = settings
        self.knownTypes = knownTypes
        self.logger = logger
    }

    /// Children that wait for a task.
    package var idleCount: Int { state.withLock { $0.idle.count } }

    // MARK: - TaskIsolator

    /// Kills what children of dead processes have left, theirs and of other engines on this machine.
    package func endOrphans() async {
        let killed = ProcessFamily.killOrphans()
        if killed > 0 { logger.warning("processes of tasks whose engine is gone were killed", metadata: ["processes": "\(killed)"]) }
    }

    /// Blocks the calling thread until the attempt has ended.
    package func run(_ attempt: IsolatedAttempt, context: TaskContext) async throws -> String? {
        let child: Child
        do throws(ChildFault) {
            child = try take(attempt)
        } catch {
            throw error.error(output: "")
        }
        let limit = attempt.limits.memoryBytes ?? settings.memoryBytes
        let result = ChildAttempt(child, attempt, context: context, memoryLimit: limit).run(knownTypes: knownTypes)
        switch result.end {
        case .success(let end):
            if result.isReusable { keep(result.child, attempt) } else { self.end(result.child, of: attempt) }
            return try end.deliver(to: context)
        case .failure(let fault):
            throw explain(fault, self.end(result.child, of: attempt)).error(output: result.lastOutput)
        }
    }

    /// A child that ended by itself is asked for its end only when it is reaped.
    private func explain(_ fault: ChildFault, _ exit: ChildExit) -> ChildFault {
        guard case .ended = fault else { return fault }
        return .ended(exit.how)
    }

    @discardableResult
    private func end(_ child: consuming Child, of attempt: IsolatedAttempt) -> ChildExit {
        let (exit, others) = child.end()
        if others > 0 {
            logger.warning(
                "processes that a handler had left behind were killed",
                metadata: ["task": "\(attempt.task.id)", "type": "\(attempt.task.type)", "processes": "\(others)"])
        }
        return exit
    }

    // MARK: - Idle children

    private func take(_ attempt: IsolatedAttempt) throws(ChildFault) -> Child {
        while let idle = takeIdle(attempt.task.type) {
            if !idle.hasEnded { return idle }
            idle.end()
        }
        let serial = state.withLock { state in
            state.lastSerial += 1
            return state.lastSerial
        }
        let name = CommandLine.arguments.first ?? "millrace"
        return try Child(
            ChildSpawn(program: ChildSpawn.ownProgram, arguments: [name] + settings.command, environment: settings.environment),
            serial: serial)
    }

    private func takeIdle(_ type: String) -> Child? {
        state.withLock { state in
            // The latest one: what is not needed grows old.
            state.idle.lastIndex { $0.type == type }.map { state.idle.remove(at: $0).child }
        }
    }

    private func keep(_ child: Child, _ attempt: IsolatedAttempt) {
        guard child.attempts < attempt.limits.tasksPerChild else { return self.end(child) }
        let surplus = state.withLock { state -> Child? in
            if state.isClosed { return child }
            state.idle.append(Idle(type: attempt.task.type, child: child, since: .now))
            return state.idle.count > settings.mostIdle ? state.idle.removeFirst().child : nil
        }
        if let surplus { self.end(surplus) }
    }

    private func end(_ child: Child) {
        child.end()
    }

    // MARK: - Service

    /// Ends children that waited too long, until graceful shutdown; then all that wait.
    package func run() async throws {
        defer { endAll() }
        while await pause() {
            let limit = ContinuousClock.now - settings.idleTime
            let old = state.withLock { state in
                let old = state.idle.filter { $0.since < limit }
                state.idle.removeAll { $0.since < limit }
                return old
            }
            for idle in old { end(idle.child) }
        }
    }

    private func endAll() {
        let idle = state.withLock { state in
            state.isClosed = true
            defer { state.idle = [] }
            return state.idle
        }
        for idle in idle { end(idle.child) }
    }

    private func pause() async -> Bool {
        do {
            try await cancelWhenGracefulShutdown { try await Task.sleep(for: self.settings.idleTime / 4) }
            return true
        } catch {
            return false
        }
    }
}
