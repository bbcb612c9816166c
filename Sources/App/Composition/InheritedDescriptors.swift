import Foundation

/// Keeps what this process has open out of the programs that handlers start.
///
/// The files of the database and the process's own pipes are opened that way; sockets of the HTTP server are not. A program
/// that outlives a killed process would go on holding its port.
enum InheritedDescriptors {
    /// Marks everything beyond standard error that is open now.
    static func closeOnExec() {
        // Where there is no such directory nothing is marked.
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/dev/fd")) ?? []
        for descriptor in names.compactMap({ Int32($0) }) where descriptor > 2 {
            let flags = fcntl(descriptor, F_GETFD)
            if flags >= 0 { _ = fcntl(descriptor, F_SETFD, flags | FD_CLOEXEC) }
        }
    }
}
