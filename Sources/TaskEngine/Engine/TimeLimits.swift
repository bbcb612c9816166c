/// Ends attempts that take too long: one look at the running handlers per tick, instead of a racing timer per task, which
/// costs a fifth of the throughput.
struct TimeLimits: Sendable {
    /// A limit is kept to within this.
    static let tick = Duration.milliseconds(50)

    let running: RunningTasks
    let completer: Completer
    let threads: HandlerThreads
    let clock: EngineClock
    /// Raised when a handler starts.
    let started: Signal
    /// Called with the number of handlers that outlived their hard limit, whenever it grew.
    let abandoned: @Sendable (Int) -> Void

    /// Until cancelled.
    func run() async {
        while !Task.isCancelled {
            if running.count == 0 { await started.wait() }
            enforce(at: clock.monotonic())
            // Cancelled when the engine ends: the loop's condition sees that.
            try? await Task.sleep(for: Self.tick)
        }
    }

    func enforce(at instant: ContinuousClock.Instant) {
        for entry in running.all {
            if instant >= entry.giveUpAt {
                abandon(entry)
            } else if instant >= entry.softDeadline {
                entry.stop(.softLimit)
            }
        }
    }

    /// The attempt is over, whatever the handler does: its slot is free once this is written, and its thread is replaced.
    private func abandon(_ entry: RunningTask) {
        entry.stop(.softLimit)
        guard running.giveUp(entry, isAbandoned: true) else { return }
        threads.replaceLostThread()
        let error = TaskError(code: "timed_out", message: "the handler did not end by its hard time limit and was given up")
        completer.append(entry, .timedOut(error))
        abandoned(running.abandonedCount)
    }
}
