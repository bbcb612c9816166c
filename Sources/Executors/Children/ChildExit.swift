import Foundation

/// How a process ended, and what it had used by then.
struct ChildExit: Sendable, Equatable {
    enum How: Sendable, Equatable {
        case code(Int32)
        case signal(Int32)
    }

    let how: How
    /// The most memory it had at one time, with what it shares.
    let peakBytes: Int

    /// Looks whether a child has ended, without reaping it: until then nobody else gets its number.
    static func hasEnded(_ pid: pid_t) -> Bool {
        var info = siginfo_t()
        #if canImport(Darwin)
        let found = waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0
        return !found || info.si_pid == pid
        #else
        let found = waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT) == 0
        return !found || info._sifields._sigchld.si_pid == pid
        #endif
    }

    /// Waits for the end and reaps.
    static func reap(_ pid: pid_t) -> ChildExit {
        var status: Int32 = 0
        var usage = rusage()
        var result: pid_t
        repeat { result = wait4(pid, &status, 0, &usage) } while result < 0 && errno == EINTR
        #if canImport(Darwin)
        let peak = Int(usage.ru_maxrss)
        #else
        let peak = Int(usage.ru_maxrss) << 10
        #endif
        // Somebody else reaped it: it has ended, nobody knows how.
        guard result == pid else { return ChildExit(how: .signal(SIGKILL), peakBytes: 0) }
        return ChildExit(how: status & 0x7f == 0 ? .code(status >> 8 & 0xff) : .signal(status & 0x7f), peakBytes: peak)
    }

    /// The name of a signal that ends processes.
    static func name(ofSignal signal: Int32) -> String {
        switch signal {
        case SIGABRT: "SIGABRT"
        case SIGBUS: "SIGBUS"
        case SIGFPE: "SIGFPE"
        case SIGHUP: "SIGHUP"
        case SIGILL: "SIGILL"
        case SIGINT: "SIGINT"
        case SIGKILL: "SIGKILL"
        case SIGPIPE: "SIGPIPE"
        case SIGQUIT: "SIGQUIT"
        case SIGSEGV: "SIGSEGV"
        case SIGSYS: "SIGSYS"
        case SIGTERM: "SIGTERM"
        case SIGTRAP: "SIGTRAP"
        case SIGXCPU: "SIGXCPU"
        case SIGXFSZ: "SIGXFSZ"
        default: "signal \(signal)"
        }
    }
}
