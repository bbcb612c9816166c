package import Foundation

/// A process of this machine, as `/proc` shows it. There is none on systems without.
package struct ProcessEntry: Sendable, Equatable {
    /// Its number.
    package let pid: pid_t
    /// The process that started it, or that it was handed to.
    package let parent: pid_t
    /// The number of its session's leader.
    package let session: pid_t
    /// Has ended and waits to be reaped.
    package let isZombie: Bool
    /// Clock ticks since the machine started. Together with the pid it names a process for good.
    package let startTime: UInt64

    /// Reads a line of `/proc/PID/stat`. The name in it is the program's choice and may hold blanks and parentheses.
    package init?(stat: String) {
        guard let open = stat.firstIndex(of: "("), let close = stat.lastIndex(of: ")"), open < close,
            let pid = pid_t(stat[..<open].trimmingCharacters(in: .whitespaces))
        else { return nil }
        let fields = stat[stat.index(after: close)...].split(whereSeparator: { $0 == " " || $0 == "\n" })
        guard fields.count > 19, let parent = pid_t(fields[1]), let session = pid_t(fields[3]), let startTime = UInt64(fields[19]) else {
            return nil
        }
        self.pid = pid
        self.parent = parent
        self.session = session
        self.startTime = startTime
        isZombie = fields[0] == "Z" || fields[0] == "X"
    }
}

/// Looks at processes. A process may end at any moment, so everything here is a moment's truth.
enum ProcessTable {
    /// All processes that can be seen.
    static func all() -> [ProcessEntry] {
        // Without /proc nothing is seen.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { pid_t($0) }.compactMap(entry)
    }

    /// Nil when there is no such process.
    static func entry(_ pid: pid_t) -> ProcessEntry? {
        ProcessEntry(stat: String(decoding: read("/proc/\(pid)/stat"), as: UTF8.self))
    }

    /// Memory of its own that a process occupies: what it shares with others, such as the program's text, left out. Nil when it
    /// cannot be told.
    static func ownBytes(_ pid: pid_t) -> Int? {
        let pages = String(decoding: read("/proc/\(pid)/statm"), as: UTF8.self).split(separator: " ").map { Int($0) ?? 0 }
        guard pages.count > 2 else { return nil }
        return max(pages[1] - pages[2], 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// A variable of the environment that a process was started with; nil when it has none, or may not be looked at.
    static func variable(_ name: String, of pid: pid_t) -> String? {
        let prefix = Array((name + "=").utf8)
        let entry = read("/proc/\(pid)/environ").split(separator: 0).first { $0.starts(with: prefix) }
        return entry.map { String(decoding: $0.dropFirst(prefix.count), as: UTF8.self) }
    }

    /// Whether its numbers of processes mean the same as here. In a container they may not.
    static func isInOwnNamespace(_ pid: pid_t) -> Bool {
        let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/ns/pid")
        return own != nil && own == (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/ns/pid"))
    }

    /// Files of /proc have no size that could be asked for. Empty when it cannot be read.
    private static func read(_ path: String) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = Foundation.read(descriptor, &buffer, buffer.count)
            if count > 0 { bytes += buffer[..<count] } else if count == 0 || errno != EINTR { return bytes }
        }
    }
}
