import Foundation

/// The descriptors between a process and one child: a socket for messages, and what the child prints.
///
/// Each is closed in every other program that is started, and lies above those that a child has, so that none is in another's
/// way while they are moved to their places.
struct ChildDescriptors: Sendable {
    /// The socket's number in the child.
    static let socketInChild: Int32 = 3
    private static let lowest: Int32 = 10

    let socket: Int32
    let output: Int32
    let errors: Int32

    /// Makes both sides.
    /// - Throws: ``ChildFault/notStarted(_:)``, when the process has no descriptors left.
    static func make() throws(ChildFault) -> (parent: ChildDescriptors, child: ChildDescriptors) {
        var open: [Int32] = []
        do {
            let socket = try pair(&open) { socketpair(AF_UNIX, streamType, 0, $0) }
            let output = try pair(&open) { pipe($0) }
            let errors = try pair(&open) { pipe($0) }
            let parent = ChildDescriptors(socket: socket.0, output: output.0, errors: errors.0)
            for descriptor in [parent.socket, parent.output, parent.errors] {
                _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
            }
            return (parent, ChildDescriptors(socket: socket.1, output: output.1, errors: errors.1))
        } catch {
            for descriptor in open { Foundation.close(descriptor) }
            throw error
        }
    }

    /// Once.
    func close() {
        for descriptor in [socket, output, errors] { Foundation.close(descriptor) }
    }

    #if canImport(Darwin)
    private static let streamType = SOCK_STREAM
    #else
    private static let streamType = Int32(SOCK_STREAM.rawValue)
    #endif

    private static func pair(_ open: inout [Int32], _ make: (UnsafeMutablePointer<Int32>) -> Int32) throws(ChildFault) -> (Int32, Int32) {
        var ends: [Int32] = [-1, -1]
        guard make(&ends) == 0 else { throw .notStarted(String(cString: strerror(errno))) }
        var moved: [Int32] = []
        for end in ends {
            let descriptor = fcntl(end, F_DUPFD_CLOEXEC, lowest)
            let reason = errno
            Foundation.close(end)
            guard descriptor >= 0 else {
                for other in ends[(moved.count + 1)...] { Foundation.close(other) }
                for other in moved { Foundation.close(other) }
                throw .notStarted(String(cString: strerror(reason)))
            }
            moved.append(descriptor)
        }
        open += moved
        return (moved[0], moved[1])
    }
}
