import Foundation

/// A pipe that wakes a thread which waits in poll(2).
final class PostgresWakeUp: Sendable {
    /// To be polled for reading.
    let descriptor: Int32
    private let writing: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        // Without descriptors left nothing works; a pipe that is missing only makes new channels wait.
        if pipe(&ends) == 0 {
            for end in ends {
                _ = fcntl(end, F_SETFL, O_NONBLOCK)
                _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            }
        }
        descriptor = ends[0]
        writing = ends[1]
    }

    deinit {
        close(descriptor)
        close(writing)
    }

    func signal() {
        // A full pipe wakes as well, so what write answers does not matter.
        var byte: UInt8 = 1
        _ = write(writing, &byte, 1)
    }

    /// Takes all signals so far.
    func clear() {
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(descriptor, &bytes, bytes.count) == bytes.count {}
    }
}
