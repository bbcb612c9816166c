/// Tells a wall clock that somebody has set forward from time that has passed.
///
/// What is deleted by a clock that is wrong cannot be brought back. So a leap is believed only when it has lasted
/// ``quarantine``: time enough to set the clock right. A machine that slept is no leap, since the monotonic clock goes on
/// meanwhile; nor is a clock that is set back, by which less is old.
package struct ClockGuard: Sendable {
    /// A clock may gain this much between two looks; time servers correct less.
    package static let tolerance = Duration.seconds(600)
    /// How long a leap has to last.
    package static let quarantine = Duration.seconds(3600)

    private var trusted: (now: Int64, instant: ContinuousClock.Instant)?
    private var leapt: ContinuousClock.Instant?

    /// Trusts the first reading it is given.
    package init() {}

    /// What to make of a reading.
    package enum Verdict: Sendable, Equatable {
        /// The clock goes on from where it was.
        case trusted
        /// Ahead by this much of where it should be.
        case ahead(Duration)
    }

    /// - Parameters:
    ///   - now: the wall clock, microseconds since 1970.
    ///   - instant: the monotonic clock at the same moment.
    package mutating func judge(_ now: Int64, at instant: ContinuousClock.Instant) -> Verdict {
        guard let trusted else { return trust(now, instant) }
        let ahead = Duration.microseconds(now - trusted.now) - trusted.instant.duration(to: instant)
        guard ahead > Self.tolerance else { return trust(now, instant) }
        let leapt = leapt ?? instant
        self.leapt = leapt
        return leapt.duration(to: instant) >= Self.quarantine ? trust(now, instant) : .ahead(ahead)
    }

    private mutating func trust(_ now: Int64, _ instant: ContinuousClock.Instant) -> Verdict {
        trusted = (now, instant)
        leapt = nil
        return .trusted
    }
}
