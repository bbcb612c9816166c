import Foundation
import Logging
import TaskEngine

/// One attempt in a child: sends it there, passes on what comes back, enforces the limits, until the handler or the child has ended.
///
/// Blocks its thread, which is a handler's own. Whatever the child does, it returns within the hard limit and the time it
/// takes to kill.
struct ChildAttempt {
    /// How soon a stop, a limit or a silent death is noticed.
    static let tick = Duration.milliseconds(50)
    static let memoryInterval = Duration.milliseconds(250)
    /// Bytes of printed text that are read per tick: a handler that prints faster is slowed down.
    static let outputPerTick = 1 << 20
    /// From the end of the socket to the end of the process.
    static let lastBreath = Duration.seconds(1)

    private var child: Child
    private let attempt: IsolatedAttempt
    private let context: TaskContext
    private let logger: Logger
    private let memoryLimit: Int
    private let serial: Int

    private var outbox: ArraySlice<UInt8> = []
    private var output = OutputCollector()
    private var errors = OutputCollector()
    private var ladder: StopLadder
    private var memoryDue = ContinuousClock.now
    private var closedAt: ContinuousClock.Instant?
    private var answer: (end: IsolatedEnd, isClean: Bool)?
    private var wasCancelled = false
    private let desk = RequestDesk()

    /// What became of it.
    struct Result {
        /// The handler's end, or why there is none.
        let end: Swift.Result<IsolatedEnd, ChildFault>
        /// Fit for another attempt; else it has to be ended.
        let isReusable: Bool
        /// The last lines that were printed.
        let lastOutput: String
        let child: Child
    }

    init(_ child: Child, _ attempt: IsolatedAttempt, context: TaskContext, memoryLimit: Int) {
        self.child = child
        self.child.attempts += 1
        self.attempt = attempt
        self.context = context
        self.memoryLimit = memoryLimit
        logger = context.logger
        serial = self.child.attempts
        ladder = StopLadder(softDeadline: attempt.softDeadline, hardDeadline: attempt.hardDeadline)
    }

    /// Runs it to its end.
    consuming func run(knownTypes: [String]) -> Result {
        discardOldOutput()
        let order = IsolatedOrder(
            attempt, serial: serial, knownTypes: knownTypes, logLevel: logger.logLevel.rawValue, now: .now)
        do throws(ChildFault) {
            try send(.run(order, ChildRlimits(attempt.limits, memoryBytes: memoryLimit)))
            while answer == nil { try turn() }
        } catch {
            readLastOutput()
            return result(.failure(error))
        }
        readLastOutput()
        guard let answer else { return result(.failure(.protocolError("it gave no answer"))) }
        return result(.success(answer.end), isReusable: answer.isClean && !wasCancelled && !child.frames.isInside)
    }

    private consuming func result(_ end: Swift.Result<IsolatedEnd, ChildFault>, isReusable: Bool = false) -> Result {
        // Here, where a secret may stand at the cut: the failure's message has it in the middle.
        let lastOutput = context.hiding(errors.end.isEmpty ? output.end : errors.end)
        return Result(end: end, isReusable: isReusable, lastOutput: lastOutput, child: child)
    }

    // MARK: - One turn

    private mutating func turn() throws(ChildFault) {
        waitForSomething()
        flushOutbox()
        readOutput(atMost: Self.outputPerTick)
        // Asked before the socket is read: what it said before it ended is there then.
        let hasEnded = child.hasEnded
        try readMessages()
        guard answer == nil else { return }
        for (request, reply) in desk.answered(within: Self.tick) { try send(.answer(serial: serial, request: request, reply)) }
        if hasEnded { throw .ended(.code(0)) }
        try climb()
        try watchMemory()
        try watchSocket()
    }

    private func waitForSomething() {
        var watched = [pollfd(fd: child.descriptors.socket, events: Int16(POLLIN), revents: 0)]
        if closedAt != nil { watched = [] } else if !outbox.isEmpty { watched[0].events |= Int16(POLLOUT) }
        for (descriptor, collector) in [(child.descriptors.output, output), (child.descriptors.errors, errors)] where !collector.isFull {
            watched.append(pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0))
        }
        poll(&watched, nfds_t(watched.count), Int32(Self.tick / .milliseconds(1)))
        // A closed pipe is ready for ever: the turn must not become a busy one.
        if watched.contains(where: { $0.revents & Int16(POLLHUP | POLLNVAL) != 0 && $0.revents & Int16(POLLIN) == 0 }) { usleep(10_000) }
    }

    // MARK: - Messages

    private mutating func send(_ message: MessageToChild) throws(ChildFault) {
        do {
            outbox += try FrameReader.frame(message)
        } catch {
            throw .protocolError("what it was to be told cannot be sent: \(error)")
        }
        flushOutbox()
    }

    /// Writes what the socket takes. A closed one is noticed by reading.
    private mutating func flushOutbox() {
        while !outbox.isEmpty {
            let count = outbox.withUnsafeBytes { Foundation.send(child.descriptors.socket, $0.baseAddress, $0.count, Self.sendFlags) }
            if count > 0 { outbox = outbox.dropFirst(count) } else if count == 0 || errno != EINTR { break }
        }
    }

    #if canImport(Darwin)
    private static let sendFlags: Int32 = 0
    #else
    private static let sendFlags = Int32(MSG_NOSIGNAL)
    #endif

    private mutating func readMessages() throws(ChildFault) {
        guard closedAt == nil else { return }
        if let bytes = Child.read(child.descriptors.socket, atMost: 1 << 20) { child.frames.append(bytes) } else { closedAt = .now }
        do {
            while answer == nil, let frame = try child.frames.next() { take(try JSONDecoder().decode(MessageFromChild.self, from: frame)) }
        } catch let error as FrameError {
            throw .protocolError("it sent \(error)")
        } catch {
            throw .protocolError("it sent what is no message")
        }
    }

    private mutating func take(_ message: MessageFromChild) {
        switch message {
        case .log(serial, let level, let message):
            logger.log(level: Logger.Level(rawValue: level) ?? .info, "\(message)")
        case .progress(serial, let fraction, let message):
            context.progress(fraction, message: message)
        case .end(serial, let end, let isClean):
            answer = (end, isClean)
        case .ask(serial, let number, let request):
            desk.ask(number, request, context)
        case .log, .progress, .ask, .end:
            // Late, from work that an earlier handler left behind.
            break
        }
    }

    // MARK: - Limits

    private mutating func climb() throws(ChildFault) {
        for rung in ladder.climb(attempt.stopReason(), at: .now) {
            switch rung {
            case .none: break
            case .cancel:
                wasCancelled = true
                try send(.cancel(serial: serial))
            case .terminate: child.family.terminate()
            case .kill:
                // Without a reason yet it is the hard limit that was reached.
                attempt.timeIsUp()
                throw .killed
            }
        }
    }

    private mutating func watchMemory() throws(ChildFault) {
        guard ContinuousClock.now >= memoryDue else { return }
        memoryDue = .now + Self.memoryInterval
        if let bytes = ProcessTable.ownBytes(child.pid), bytes > memoryLimit { throw .memory(bytes: bytes, limit: memoryLimit) }
    }

    private func watchSocket() throws(ChildFault) {
        guard let closedAt, ContinuousClock.now >= closedAt + Self.lastBreath else { return }
        throw .protocolError("it closed its socket")
    }

    // MARK: - What it prints

    private mutating func readOutput(atMost limit: Int) {
        let printed = Child.read(child.descriptors.output, atMost: limit) ?? []
        for line in output.add(printed) { log(line, "stdout") }
        let complained = Child.read(child.descriptors.errors, atMost: limit) ?? []
        for line in errors.add(complained) { log(line, "stderr") }
    }

    private mutating func readLastOutput() {
        readOutput(atMost: Self.outputPerTick)
        for line in output.flush() { log(line, "stdout") }
        for line in errors.flush() { log(line, "stderr") }
    }

    private func log(_ line: String, _ stream: String) {
        logger.info("\(line)", metadata: ["stream": "\(stream)"])
    }

    /// What was printed between two attempts belongs to neither, and must not be shown with another tenant's task.
    private func discardOldOutput() {
        for descriptor in [child.descriptors.output, child.descriptors.errors] { _ = Child.read(descriptor, atMost: Self.outputPerTick) }
    }
}
