package import NIOCore
import Synchronization

/// How many connections a server has at once, and which one makes room for another: of those that wait for a request the one that has
/// waited longest; when all are busy, the newcomer is closed.
///
/// A connection on which no request comes, or the head of one does not end, counts as waiting. So a flood of such connections costs
/// each other their places, and a client with a request is served all the same.
package final class ConnectionRoom: Sendable {
    /// One connection's place. It counts as waiting from the start.
    package final class Seat: Sendable {
        fileprivate let close: @Sendable () -> Void
        /// Nanoseconds of the event loops' clock; ``busy`` while a request is being answered.
        fileprivate let waitingSince: Atomic<UInt64>
        fileprivate static let busy = UInt64.max

        fileprivate init(now: NIODeadline, close: @escaping @Sendable () -> Void) {
            self.close = close
            waitingSince = Atomic(now.uptimeNanoseconds)
        }

        /// A request has come.
        package func isBusy() { waitingSince.store(Self.busy, ordering: .relaxed) }

        /// The last request has been answered.
        package func isWaiting(since now: NIODeadline) { waitingSince.store(now.uptimeNanoseconds, ordering: .relaxed) }
    }

    private let limit: Int
    private let seats = Mutex<[ObjectIdentifier: Seat]>([:])

    /// - Parameter limit: connections at once, at least 1.
    package init(limit: Int) {
        self.limit = max(1, limit)
    }

    /// Takes a place for a new connection; ``leave(_:)`` gives it back.
    /// - Parameter close: closes the connection, from any thread; called at most once.
    /// - Returns: nil when there is none: the connection is to be closed.
    package func enter(now: NIODeadline, close: @escaping @Sendable () -> Void) -> Seat? {
        let seat = Seat(now: now, close: close)
        let (isIn, leaving) = seats.withLock { seats -> (Bool, Seat?) in
            var leaving: Seat?
            if seats.count >= limit {
                leaving = Self.longestWaiting(seats)
                guard let leaving else { return (false, nil) }
                seats[ObjectIdentifier(leaving)] = nil
            }
            seats[ObjectIdentifier(seat)] = seat
            return (true, leaving)
        }
        leaving?.close()
        return isIn ? seat : nil
    }

    /// The connection has ended. May be called more than once.
    package func leave(_ seat: Seat) {
        seats.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(seat)) }
    }

    /// Looks at all, which is only done when there is no room.
    private static func longestWaiting(_ seats: [ObjectIdentifier: Seat]) -> Seat? {
        var longest: (seat: Seat, since: UInt64)?
        for seat in seats.values {
            let since = seat.waitingSince.load(ordering: .relaxed)
            if since < longest?.since ?? Seat.busy { longest = (seat, since) }
        }
        return longest?.seat
    }
}
