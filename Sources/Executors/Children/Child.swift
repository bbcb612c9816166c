import Foundation

/// One child process that this one started: what it takes to talk to it, and to be rid of it.
///
/// Owned by one attempt at a time, or by the pool of idle ones; whoever owns it last calls ``end()``.
struct Child: Sendable {
    let pid: pid_t
    let descriptors: ChildDescriptors
    let family: ProcessFamily
    /// Attempts that it was given.
    var attempts = 0
    /// What was read of its messages.
    var frames = FrameReader()

    /// - Throws: ``ChildFault/notStarted(_:)``.
    init(_ spawn: ChildSpawn, serial: Int) throws(ChildFault) {
        let marker = ChildMarker(serial: serial)
        (pid, descriptors) = try spawn.start(marker)
        family = ProcessFamily(head: pid, marker: marker)
    }

    /// Whether it has ended. It is not reaped by this.
    var hasEnded: Bool { ChildExit.hasEnded(pid) }

    /// Kills it with everything that it started, and waits until it is gone.
    /// - Returns: how it ended, and how many other processes were killed.
    @discardableResult
    consuming func end() -> (exit: ChildExit, others: Int) {
        let others = family.kill()
        let exit = ChildExit.reap(pid)
        descriptors.close()
        return (exit, others)
    }

    /// Reads what is there, at most about `limit` bytes. Nil when the other side has closed and nothing is left.
    static func read(_ descriptor: Int32, atMost limit: Int) -> [UInt8]? {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count < limit {
            let count = Foundation.read(descriptor, &buffer, buffer.count)
            if count > 0 {
                bytes += buffer[..<count]
            } else if count == 0 || errno != EINTR && errno != EAGAIN {
                return bytes.isEmpty ? nil : bytes
            } else if errno == EAGAIN {
                break
            }
        }
        return bytes
    }
}
