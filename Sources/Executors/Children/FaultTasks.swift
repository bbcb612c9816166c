import CProcess
import Foundation
import Logging
package import TaskEngine

/// `demo.fault` and `demo.isolated_fault`: handlers that misbehave in the ways that real ones do, for tests and for trying what
/// isolation does. Registered only with `MILLRACE_DEMO_FAULTS=true`: whoever may submit them can end the process.
package enum FaultTasks {
    /// Registers both. Children do it whatever the setting is: they are sent only what their parent knows.
    package static func register(in registry: inout TaskRegistry) {
        registry.register(Fault.self) { try await run($0, $1) }
        registry.register(
            IsolatedFault.self, options: .init(isolation: .process(memoryBytes: 256 << 20, cpu: .seconds(2), tasksPerChild: 5))
        ) { try await run($0.fault, $1) }
    }

    /// What goes wrong, step by step.
    enum Step: String, Codable, Sendable {
        /// Nothing: the next step, or the end.
        case none
        /// A trap of Swift.
        case trap
        /// An address that is none.
        case segfault
        /// Ends the process with code 3.
        case exit
        /// Blocks its thread for `ms`, whatever is asked of it.
        case block
        /// Awaits for `ms`, whatever is asked of it.
        case deaf
        /// Awaits for `ms`, and listens.
        case sleep
        /// Takes memory until it gets no more.
        case memory
        /// Computes for `ms`.
        case spin
        /// Prints for `ms`, as fast as it can.
        case flood
        /// Prints one line to each stream.
        case print
        /// Copies the process with `fork`; the copy sleeps.
        case fork
        /// Starts programs that leave session and parents, and sleep for `ms`.
        case daemon
        /// The same with an empty environment.
        case bareDaemon = "bare_daemon"
        /// Stores an artifact of `bytes` bytes, piece by piece, reads it again and compares.
        case artifact
        /// Reads the secret `DEMO` and says it in every way: lines, some of them too long, progress, printed text.
        case secret
        /// Writes what is no message to its parent. Isolated only, as the next ones.
        case rubbish
        /// Says that a huge message follows.
        case huge
        /// Closes the socket to its parent and goes on.
        case close
        /// Stops the process, for `ms` at least.
        case stop
    }

    /// What both types say.
    struct Fault: TaskParameters {
        static let taskName = "demo.fault"
        var steps: [Step]
        /// How long the steps that take a time take.
        var ms: Int64?
        /// Of an artifact.
        var bytes: Int?
        /// Attempts that misbehave; later ones return at once. All when left out.
        var times: Int?
    }

    struct IsolatedFault: TaskParameters {
        static let taskName = "demo.isolated_fault"
        var fault: Fault

        init(from decoder: any Decoder) throws { fault = try Fault(from: decoder) }
        func encode(to encoder: any Encoder) throws { try fault.encode(to: encoder) }
    }

    /// Where it ran, so that tests find the process.
    struct Place: Encodable, Sendable {
        var pid = getpid()
        var parent = getppid()
        var attempt: Int
    }

    private static func run(_ fault: Fault, _ context: TaskContext) async throws -> Place {
        context.logger.info("pid \(getpid())")
        if context.attempt <= fault.times ?? .max {
            for step in fault.steps {
                if step == .secret { try await saySecret(context) }
                if step == .artifact { try await storeArtifact(max(fault.bytes ?? 3 << 20, 0), context) }
                try await take(step, milliseconds: max(fault.ms ?? 600_000, 0))
            }
        }
        return Place(attempt: context.attempt)
    }

    private static func take(_ step: Step, milliseconds: Int64) async throws {
        let end = ContinuousClock.now + .milliseconds(milliseconds)
        let sleep = "sleep \(Double(milliseconds) / 1000)"
        switch step {
        case .none, .artifact, .secret: break
        case .trap: fatalError("a trap that was asked for")
        case .segfault: UnsafeMutablePointer<Int>(bitPattern: 8)?.pointee = 1
        case .exit: Foundation.exit(3)
        case .block: while ContinuousClock.now < end { usleep(1000) }
        case .deaf: await Task { try? await Task.sleep(until: end) }.value
        case .sleep: try await Task.sleep(until: end)
        case .memory: takeMemory()
        case .spin: while ContinuousClock.now < end {}
        case .flood: flood(until: end)
        case .print:
            Swift.print("a printed line")
            complain("a line of complaint\n")
        case .fork: fork()
        case .daemon: startDaemon("setsid \(sleep) & setsid sh -c '\(sleep) & \(sleep)' & exit 0")
        case .bareDaemon: startDaemon("env -i setsid \(sleep) & exit 0")
        case .rubbish: try tell(Array("\u{5}\0\0\0hello".utf8))
        case .huge: try tell([255, 255, 255, 127])
        case .close: Foundation.close(try socket)
        case .stop:
            kill(getpid(), SIGSTOP)
            // Another thread may get the signal, and this one goes on for a moment.
            while ContinuousClock.now < end { usleep(1000) }
        }
    }

    /// The bytes differ with the attempt, so that what is found tells whose it is.
    private static func storeArtifact(_ count: Int, _ context: TaskContext) async throws {
        let piece = [UInt8](repeating: UInt8(ascii: "0") + UInt8(context.attempt % 10), count: 100_000)
        let artifact = try await context.artifacts.write("fault.bin") { file in
            var rest = count
            while rest > 0 {
                try await file.write(piece.prefix(rest))
                rest -= min(rest, piece.count)
                context.logger.info("\(rest) bytes left")
            }
        }
        let found = try await context.artifacts.read("fault.bin")
        guard artifact.size == count, found.count == count, found.allSatisfy({ $0 == piece[0] }) else {
            throw TaskFailure.permanent(code: "artifact_differs", "what was read is not what was written")
        }
    }

    /// The long lines are cut in the middle of it, wherever that is, and so are the last bytes that a failure quotes.
    private static func saySecret(_ context: TaskContext) async throws {
        let secret = try await context.secret("DEMO")
        context.logger.info("it is \(secret)", metadata: ["also": "\(secret)"])
        for length in [3990, 7990] {
            let filling = String(repeating: ".", count: length)
            context.logger.info("\(filling)\(secret)")
            context.progress(0.5, message: filling + secret)
            Swift.print(filling + secret)
        }
        complain(secret + String(repeating: "!", count: OutputCollector.tailBytes - secret.utf8.count + 10))
    }

    private static func takeMemory() {
        var blocks: [[UInt8]] = []
        while true {
            blocks.append([UInt8](repeating: UInt8(truncatingIfNeeded: blocks.count), count: 8 << 20))
            usleep(2000)
        }
    }

    private static func flood(until end: ContinuousClock.Instant) {
        let line = String(repeating: "flood ", count: 20)
        while ContinuousClock.now < end {
            Swift.print(line)
            complain(line + "\n")
        }
    }

    private static func complain(_ text: String) {
        FileHandle.standardError.write(Data(text.utf8))
    }

    private static func fork() {
        if millrace_fork() == 0 { while true { pause() } }
    }

    /// Not Foundation's Process, which waits for all that the shell leaves behind.
    private static func startDaemon(_ script: String) {
        _ = millrace_run_shell("exec >/dev/null 2>&1; " + script)
    }

    private static func tell(_ bytes: [UInt8]) throws {
        let socket = try socket
        _ = bytes.withUnsafeBytes { write(socket, $0.baseAddress, $0.count) }
    }

    private static var socket: Int32 {
        get throws {
            guard ChildMain.isChild else { throw TaskFailure.permanent(code: "not_isolated", "only a child has this to do wrong") }
            return ChildDescriptors.socketInChild
        }
    }
}
