/// The timer of a service that does what is due: it looks, sleeps until the earliest time that it has found, and is woken early by
/// whoever writes an earlier one.
struct DueTimer: Sendable {
    /// Raised when something may be due earlier than was known.
    let wake: Signal
    /// Looks at least this often: other processes write as well, and wall clocks are set.
    let longestSleep: Duration
    let clock: EngineClock

    /// Until cancelled.
    /// - Parameter look: does what is due, and returns how long nothing will be.
    func run(_ look: () async -> Duration) async {
        while !Task.isCancelled { await wake.wait(atMost: await look()) }
    }

    /// How long to sleep before `time`, microseconds since 1970; zero when it has come.
    func pause(until time: Int64) -> Duration {
        let left = time - clock.now()
        // Some times lie at the end of all days: a sleep has to be one that can be slept.
        return left > 0 ? min(.microseconds(min(left, 1 << 40)), longestSleep) : .zero
    }
}
