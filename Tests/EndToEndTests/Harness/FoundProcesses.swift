import Foundation

/// Processes of this machine that a test's handlers started, as Linux shows them.
enum FoundProcesses {
    /// `/proc` is how they are found.
    #if os(Linux)
    static let canLook = true
    #else
    static let canLook = false
    #endif

    /// Whether a process runs: one that was killed and not yet reaped does not.
    static func isAlive(_ pid: pid_t) -> Bool {
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8), let close = stat.lastIndex(of: ")") else {
            return false
        }
        return !stat[close...].hasPrefix(") Z") && !stat[close...].hasPrefix(") X")
    }

    /// Whether a process is stopped, as by SIGSTOP.
    static func isStopped(_ pid: pid_t) -> Bool {
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8), let close = stat.lastIndex(of: ")") else {
            return false
        }
        return stat[close...].hasPrefix(") T")
    }

    /// Processes that `pid` started, itself or by others.
    static func below(_ pid: pid_t) -> [pid_t] {
        let all = ids()
        var found: [pid_t] = []
        var open = [pid]
        while let next = open.popLast() {
            let children = all.filter { parent($0) == next && isAlive($0) }
            found += children
            open += children
        }
        return found
    }

    /// Running programs whose command line ends with these words.
    static func running(_ words: String) -> [pid_t] {
        ids().filter { pid in
            let line = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
            let text = String(decoding: line, as: UTF8.self).replacing("\0", with: " ").trimmingCharacters(in: .whitespaces)
            return text.hasSuffix(words) && isAlive(pid)
        }
    }

    /// Sockets that somebody listens on, named as ``openFiles(_:)`` names them.
    static func listeningSockets() throws -> Set<String> {
        let lines = try ["/proc/net/tcp", "/proc/net/tcp6"].filter { FileManager.default.fileExists(atPath: $0) }
            .flatMap { try String(contentsOfFile: $0, encoding: .utf8).split(separator: "\n").dropFirst() }
        // sl, local, remote, state (0A listens), queues, timer, retransmits, uid, timeout, inode.
        let fields = lines.map { $0.split(separator: " ") }.filter { $0.count > 9 && $0[3] == "0A" }
        return Set(fields.map { "socket:[\($0[9])]" })
    }

    /// What the open files of a process are.
    static func openFiles(_ pid: pid_t) throws -> [Int: String] {
        let directory = "/proc/\(pid)/fd"
        let names = try FileManager.default.contentsOfDirectory(atPath: directory)
        return names.reduce(into: [:]) { files, name in
            // A file may be closed while it is looked at.
            files[Int(name) ?? -1] = try? FileManager.default.destinationOfSymbolicLink(atPath: directory + "/" + name)
        }
    }

    /// The environment a process was started with.
    static func environment(_ pid: pid_t) -> String {
        String(decoding: FileManager.default.contents(atPath: "/proc/\(pid)/environ") ?? Data(), as: UTF8.self)
    }

    private static func ids() -> [pid_t] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []).compactMap { pid_t($0) }
    }

    private static func parent(_ pid: pid_t) -> pid_t? {
        guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8), let close = stat.lastIndex(of: ")") else {
            return nil
        }
        let fields = stat[close...].split(separator: " ")
        return fields.count > 2 ? pid_t(fields[2]) : nil
    }
}
