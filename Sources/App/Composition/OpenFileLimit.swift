import Foundation

/// How many files and sockets this process may have open at once (`RLIMIT_NOFILE`).
enum OpenFileLimit {
    /// More is of no use here.
    private static let most: rlim_t = 65_536

    /// Raises the limit as far as the system lets without privileges: many systems give 1024 at first, which is soon used up by
    /// connections. Called once while the process starts.
    /// - Returns: what it is now.
    static func raise() -> Int {
        var limit = rlimit()
        guard getrlimit(resource, &limit) == 0 else { return 1024 }
        let wanted = min(limit.rlim_max, most)
        if limit.rlim_cur < wanted {
            var raised = limit
            raised.rlim_cur = wanted
            if setrlimit(resource, &raised) == 0 { limit = raised }
        }
        return Int(clamping: limit.rlim_cur)
    }

    #if canImport(Darwin)
    private static let resource = RLIMIT_NOFILE
    #else
    private static let resource = Int32(RLIMIT_NOFILE.rawValue)
    #endif
}
