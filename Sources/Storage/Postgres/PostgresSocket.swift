import Foundation

/// Waiting on a connection's socket with poll(2).
enum PostgresSocket {
    /// Waits until `descriptor` can be read (or written), at most `timeout`. False after the time-out.
    /// An error or a closed peer counts as ready: the read that follows tells.
    static func wait(_ descriptor: Int32, for events: Int32, timeout: Duration) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        return poll(&entry, 1, milliseconds(timeout)) > 0
    }

    /// Waits until one of two descriptors can be read, at most `timeout`, or without limit when that is nil.
    static func waitForEither(_ first: Int32, _ second: Int32, timeout: Duration?) -> (first: Bool, second: Bool) {
        var entries = [pollfd(fd: first, events: Int16(POLLIN), revents: 0), pollfd(fd: second, events: Int16(POLLIN), revents: 0)]
        guard poll(&entries, 2, timeout.map(milliseconds) ?? -1) > 0 else { return (false, false) }
        return (entries[0].revents != 0, entries[1].revents != 0)
    }

    private static func milliseconds(_ duration: Duration) -> Int32 {
        // Rounded up, so that a short wait does not become a busy loop.
        Int32(clamping: max(0, Int64((duration / .milliseconds(1)).rounded(.up))))
    }
}
