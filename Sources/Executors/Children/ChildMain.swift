import CProcess
import Foundation
import JSONText
import Logging
import Synchronization
package import TaskEngine

/// The child's side: what `millrace run-task` does.
///
/// One thread reads the socket, handlers run on threads of their own, and messages are written where they are made. The
/// process ends when the socket does: then its parent needs it no more, or is gone.
package final class ChildMain: Sendable {
    private let handlers: IsolatedHandlers
    private let parent = getppid()
    private let state = Mutex(State())
    /// Held while a message is written, so that messages do not mix.
    private let writing = Mutex(())

    /// The code with which a child ends whose socket has. EX_PROTOCOL of sysexits.h; its parent hears it only if that lives.
    static let lostSocket: Int32 = 76

    private struct State {
        /// Of the attempt that runs; 0 between two.
        var serial = 0
        var handle: Task<Void, Never>?
        var pending = PendingRequests()
    }

    /// Whether this process was started as a child.
    package static var isChild: Bool {
        var type: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(ChildDescriptors.socketInChild, SOL_SOCKET, SO_TYPE, &type, &size) == 0
    }

    /// To be called first of all, before anything is printed or started.
    package static func prepareProcess() {
        millrace_print_by_line()
        // Programs that a handler starts get the socket no more than they get other files.
        _ = fcntl(ChildDescriptors.socketInChild, F_SETFD, FD_CLOEXEC)
        _ = millrace_adopt_orphans()
        // With a handler that does nothing, and not ignored: programs that are started would inherit that.
        signal(SIGTERM) { _ in }
        signal(SIGPIPE) { _ in }
        setLimit(RLIMIT_CORE, soft: 0, hard: 0)
        offerToTheOutOfMemoryKiller()
    }

    /// When the machine has no memory left, a child is to be killed and not the engine. Not granted everywhere: an attempt.
    private static func offerToTheOutOfMemoryKiller() {
        let descriptor = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = Foundation.write(descriptor, "500", 3)
        close(descriptor)
    }

    /// - Parameter registry: the types whose attempts may be sent here.
    package init(registry: TaskRegistry) {
        handlers = IsolatedHandlers(registry: registry)
    }

    /// Serves until the parent closes the socket. Does not return.
    package func run() -> Never {
        var frames = FrameReader()
        while true {
            guard isReadable() else { continue }
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            let count = Foundation.read(ChildDescriptors.socketInChild, &buffer, buffer.count)
            if count < 0, errno == EINTR || errno == EAGAIN { continue }
            guard count > 0 else { end() }
            frames.append(buffer[..<count])
            do {
                while let frame = try frames.next() { take(try JSONDecoder().decode(MessageToChild.self, from: frame)) }
            } catch {
                complain("the engine's process sent what is no message: \(error)")
                end()
            }
        }
    }

    /// Waits, and looks now and then whether the parent is still there: a copy of its end of the socket may be held by others.
    private func isReadable() -> Bool {
        var watched = pollfd(fd: ChildDescriptors.socketInChild, events: Int16(POLLIN), revents: 0)
        let ready = poll(&watched, 1, 1000)
        if getppid() != parent { end() }
        if watched.revents & Int16(POLLNVAL) != 0 { end() }
        return ready > 0
    }

    /// Nobody waits for what runs here any more: it must not go on beside the next attempt.
    private func end() -> Never {
        ProcessFamily.killDescendantsOfSelf()
        #if !os(Linux)
        kill(0, SIGKILL)
        #endif
        _exit(Self.lostSocket)
    }

    // MARK: - Messages

    private func take(_ message: MessageToChild) {
        switch message {
        case .run(let order, let limits):
            Self.apply(limits)
            start(order)
        case .cancel(let serial):
            let handle = state.withLock { $0.serial == serial ? $0.handle : nil }
            handle?.cancel()
        case .answer(let serial, let request, let reply):
            let pending = state.withLock { $0.serial == serial ? $0.pending : nil }
            pending?.answer(request, reply)
        }
    }

    private func start(_ order: IsolatedOrder) {
        let serial = order.serial
        let pending = PendingRequests()
        state.withLock { $0 = State(serial: serial, pending: pending) }
        var logger = Logger(label: "millrace") { _ in
            ChildLogHandler { self.send(.log(serial: serial, level: $0.rawValue, message: $1), of: serial) }
        }
        logger.logLevel = Logger.Level(rawValue: order.logLevel) ?? .info
        let handle = handlers.start(order, logger: logger) { fraction, message in
            let message = message.map { $0.prefix(bytes: ChildLogHandler.longest) }
            self.send(.progress(serial: serial, fraction: fraction, message: message), of: serial)
        } answer: { request in
            await pending.ask { self.send(.ask(serial: serial, request: $0, request), of: serial) }
        } ended: { end in
            fflush(nil)
            self.state.withLock { if $0.serial == serial { $0 = State() } }
            pending.end()
            self.sendNow(.end(serial: serial, end: end, isClean: Self.hasNoChildren))
        }
        // The handler may have ended already; cancelling it then does nothing.
        state.withLock { if $0.serial == serial { $0.handle = handle } }
    }

    /// What it started is gone: this process is the parent of every orphan among it.
    private static var hasNoChildren: Bool {
        var info = siginfo_t()
        return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD
    }

    /// What comes when its attempt has ended is not sent: nobody reads until the next one begins.
    /// - Returns: whether it was sent.
    @discardableResult
    private func send(_ message: MessageFromChild, of serial: Int) -> Bool {
        guard state.withLock({ $0.serial == serial }) else { return false }
        sendNow(message)
        return true
    }

    private func sendNow(_ message: MessageFromChild) {
        do {
            let bytes = try FrameReader.frame(message)
            writing.withLock { _ in write(bytes) }
        } catch {
            complain("a message could not be sent: \(error)")
            end()
        }
    }

    private func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(ChildDescriptors.socketInChild, $0.baseAddress, $0.count) }
            // A closed socket is noticed by the thread that reads.
            if count > 0 { rest = rest.dropFirst(count) } else if count == 0 || errno != EINTR { return }
        }
    }

    private func complain(_ text: String) {
        FileHandle.standardError.write(Data((text + "\n").utf8))
    }

    // MARK: - Limits

    private static func apply(_ limits: ChildRlimits) {
        #if os(Linux)
        setLimit(RLIMIT_DATA, soft: limits.dataBytes, hard: limits.dataBytes)
        #endif
        setLimit(RLIMIT_NOFILE, soft: limits.openFiles, hard: limits.openFiles)
        if let seconds = limits.cpuSeconds {
            var usage = rusage()
            getrusage(usageOfSelf, &usage)
            let used = Int(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            setLimit(RLIMIT_CPU, soft: used + seconds, hard: nil)
        }
    }

    #if canImport(Darwin)
    private static let usageOfSelf = RUSAGE_SELF
    private typealias Resource = Int32
    #else
    private static let usageOfSelf = __rusage_who_t(RUSAGE_SELF.rawValue)
    private typealias Resource = __rlimit_resource
    #endif

    /// - Parameter hard: nil leaves it; one that is lower already stays.
    private static func setLimit(_ resource: Resource, soft: Int, hard: Int?) {
        #if canImport(Darwin)
        let number = resource
        #else
        let number = __rlimit_resource_t(resource.rawValue)
        #endif
        var limit = rlimit()
        guard getrlimit(number, &limit) == 0 else { return }
        if let hard { limit.rlim_max = min(limit.rlim_max, rlim_t(hard)) }
        limit.rlim_cur = min(limit.rlim_max, rlim_t(soft))
        setrlimit(number, &limit)
    }
}
