import Foundation

/// How much memory another process has, as the Linux kernel counts it.
enum ProcessMemory {
    /// Bytes in memory now; nil where it cannot be told.
    static func resident(_ pid: pid_t) -> Int? { value("VmRSS", pid) }

    /// The most bytes that were ever in memory; nil where it cannot be told.
    static func peak(_ pid: pid_t) -> Int? { value("VmHWM", pid) }

    private static func value(_ name: String, _ pid: pid_t) -> Int? {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8) else { return nil }
        let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") }
        return line.flatMap { Int($0.split(separator: " ").dropFirst().first ?? "") }.map { $0 * 1024 }
    }
}
