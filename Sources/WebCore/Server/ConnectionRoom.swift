package import NIOCore
package import NetworkAddresses
import Synchronization

/// How many connections a server has at once, in all and from one address, and which one makes room for another: of those that wait for
/// a request the one that has waited longest; when all are busy, the newcomer is closed.
///
/// A connection on which no request comes, or the head of one does not end, counts as waiting. So a flood of such connections costs
/// each other their places, and a client with a request is served all the same. An address that has all that it may have makes
/// room among its own.
package final class ConnectionRoom: Sendable {
    /// One connection's place. It counts as waiting from the start.
    package final class Seat: Sendable {
        fileprivate let close: @Sendable () -> Void
        fileprivate let address: AddressBlock?
        /// Nanoseconds of the event loops' clock; ``busy`` while a request is being answered.
        fileprivate let waitingSince: Atomic<UInt64>
        fileprivate static let busy = UInt64.max

        fileprivate init(now: NIODeadline, address: AddressBlock?, close: @escaping @Sendable () -> Void) {
            self.close = close
            self.address = address
            waitingSince = Atomic(now.uptimeNanoseconds)
        }

        /// A request has come.
        package func isBusy() { waitingSince.store(Self.busy, ordering: .relaxed) }

        /// The last request has been answered.
        package func isWaiting(since now: NIODeadline) { waitingSince.store(now.uptimeNanoseconds, ordering: .relaxed) }
    }

    /// Invariant: `counts` holds, for each address, how many of `seats` are its own, and no zero.
    private struct State {
        var seats: [ObjectIdentifier: Seat] = [:]
        var counts: [AddressBlock: Int] = [:]

        mutating func add(_ seat: Seat) {
            seats[ObjectIdentifier(seat)] = seat
            if let address = seat.address { counts[address, default: 0] += 1 }
        }

        mutating func remove(_ seat: Seat) {
            guard seats.removeValue(forKey: ObjectIdentifier(seat)) != nil, let address = seat.address, let count = counts[address] else {
                return
            }
            counts[address] = count > 1 ? count - 1 : nil
        }

        /// Looks at all, which is only done when there is no room.
        /// - Parameter address: nil for any.
        func longestWaiting(_ address: AddressBlock?) -> Seat? {
            var longest: (seat: Seat, since: UInt64)?
            for seat in seats.values where address == nil || seat.address == address {
                let since = seat.waitingSince.load(ordering: .relaxed)
                if since < longest?.since ?? Seat.busy { longest = (seat, since) }
            }
            return longest?.seat
        }
    }

    private let limit: Int
    private let perAddress: Int?
    private let unlimited: TrustedProxies
    private let state = Mutex(State())

    /// - Parameters:
    ///   - limit: connections at once, at least 1.
    ///   - perAddress: of one IPv4 address, or of one /64 of IPv6, which a single host has to itself; nil for as many as there are.
    ///   - unlimited: whose connections are those of many clients.
    package init(limit: Int, perAddress: Int? = nil, unlimited: TrustedProxies = .none) {
        self.limit = max(1, limit)
        self.perAddress = perAddress.map { max(1, $0) }
        self.unlimited = unlimited
    }

    /// Takes a place for a new connection; ``leave(_:)`` gives it back.
    /// - Parameters:
    ///   - address: the other end; nil when it has none, as in tests.
    ///   - close: closes the connection, from any thread; called at most once.
    /// - Returns: nil when there is none: the connection is to be closed.
    package func enter(from address: IPAddress? = nil, now: NIODeadline, close: @escaping @Sendable () -> Void) -> Seat? {
        let seat = Seat(now: now, address: counted(address), close: close)
        let (isIn, leaving) = state.withLock { state -> (Bool, Seat?) in
            var leaving: Seat?
            if let perAddress, let address = seat.address, state.counts[address, default: 0] >= perAddress {
                leaving = state.longestWaiting(address)
                if leaving == nil { return (false, nil) }
            } else if state.seats.count >= limit {
                leaving = state.longestWaiting(nil)
                if leaving == nil { return (false, nil) }
            }
            if let leaving { state.remove(leaving) }
            state.add(seat)
            return (true, leaving)
        }
        leaving?.close()
        return isIn ? seat : nil
    }

    /// The connection has ended. May be called more than once.
    package func leave(_ seat: Seat) {
        state.withLock { $0.remove(seat) }
    }

    private func counted(_ address: IPAddress?) -> AddressBlock? {
        guard perAddress != nil, let address, !unlimited.contains(address) else { return nil }
        return AddressBlock(around: address, prefix: address.isIPv4 ? 32 : 64)
    }
}
