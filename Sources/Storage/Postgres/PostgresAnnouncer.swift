import Foundation
import Logging
import Synchronization

/// The one connection of this process that sends notifications, outside of work transactions, where NOTIFY would take a
/// lock that all commits wait for [7,214 → 3,004 transactions/s].
///
/// What is announced while a batch is on its way goes with the next one, each channel and payload once, at most 50
/// batches a second. Closing sends what waits, so that a process which submits and ends at once is heard. Notifications are
/// hints: some are lost when the server is.
final class PostgresAnnouncer: Sendable {
    private struct Announcement: Hashable {
        let channel: String
        let payload: String
    }

    private struct State {
        var waiting: [Announcement] = []
        var known: Set<Announcement> = []
        var isStarted = false
        var isIdle = false
        var isFailing = false
        /// Set by closing: until then what waits may still be sent.
        var closesAt: ContinuousClock.Instant?
    }

    private let settings: PostgresSettings
    private let logger: Logger
    private let state = Mutex(State())
    /// Signalled when there is something for an idle thread, and at closing.
    private let signal = DispatchSemaphore(value: 0)
    /// Entered while the thread runs.
    private let running = DispatchGroup()

    /// PostgreSQL takes payloads of less than 8,000 bytes.
    private static let longestPayload = 7999
    private static let mostWaiting = 10_000
    private static let interval = Duration.milliseconds(20)
    /// For connecting, if need be, and sending what waits at closing.
    private static let lastWords = Duration.seconds(2)

    init(settings: PostgresSettings, logger: Logger) {
        self.settings = settings
        self.logger = logger
    }

    func announce(channel: String, payload: String) {
        guard payload.utf8.count <= Self.longestPayload else {
            logger.error("a notification is too long to be sent", metadata: ["channel": "\(channel)", "bytes": "\(payload.utf8.count)"])
            return
        }
        let announcement = Announcement(channel: channel, payload: payload)
        let (mustStart, mustWake) = state.withLock { state -> (Bool, Bool) in
            // Beyond the bound they are dropped: nobody listens to a server that is not there.
            guard state.closesAt == nil, state.waiting.count < Self.mostWaiting, state.known.insert(announcement).inserted else {
                return (false, false)
            }
            state.waiting.append(announcement)
            defer {
                state.isStarted = true
                state.isIdle = false
            }
            return (!state.isStarted, state.isIdle)
        }
        if mustStart { start() }
        if mustWake { signal.signal() }
    }

    /// Takes nothing more. What waits is sent within two seconds, unless the server was last found to be away.
    func close() {
        state.withLock { $0.closesAt = $0.closesAt ?? .now + Self.lastWords }
        signal.signal()
    }

    /// Waits, after ``close()``, until what waited has been sent or given up. False after the limit.
    func waitUntilEnded(limit: Duration) -> Bool {
        running.wait(timeout: .now() + limit / .seconds(1)) == .success
    }

    // MARK: - The thread

    private func start() {
        running.enter()
        let thread = Thread {
            self.serve()
            self.running.leave()
        }
        thread.name = "millrace-pg-announce"
        thread.start()
    }

    /// Whether the time after closing is over, too.
    private var isOver: Bool { state.withLock { $0.closesAt.map { $0 < .now } ?? false } }

    private func serve() {
        var session: PostgresSession?
        var backoff = PostgresBackoff()
        while let batch = nextBatch() {
            let started = ContinuousClock.now
            do {
                let usable = try session.flatMap { $0.isQuiet ? $0 : nil } ?? PostgresSession.connect(settings) { isOver }
                session = usable
                try send(batch, usable)
                backoff.reset()
                state.withLock { $0.isFailing = false }
                _ = rest(until: started + Self.interval)
            } catch {
                session = nil
                let error = (error as? PostgresFailure)?.error ?? (error as? StorageError)
                if backoff.failure == nil {
                    logger.warning("cannot announce changes through PostgreSQL", metadata: ["error": "\(error.map { "\($0)" } ?? "")"])
                }
                backoff.failed(error ?? PostgresFailure.brokenConnection.error)
                state.withLock { $0.isFailing = true }
                // The batch is not sent again: its listeners poll, and hear that their own connection was lost.
                _ = rest(until: backoff.nextAttempt)
            }
        }
    }

    /// Waits for something to announce. Nil at the end.
    private func nextBatch() -> [Announcement]? {
        while true {
            let batch: [Announcement]? = state.withLock { state in
                guard state.closesAt == nil || !state.waiting.isEmpty && !state.isFailing else { return nil }
                defer {
                    state.waiting = []
                    state.known = []
                }
                state.isIdle = state.waiting.isEmpty
                return state.waiting
            }
            guard let batch else { return nil }
            if !batch.isEmpty { return batch }
            signal.wait()
        }
    }

    private func send(_ batch: [Announcement], _ session: PostgresSession) throws {
        var rows = RowSet([.text("channel"), .text("payload")], capacity: batch.count)
        for announcement in batch { rows.append([.text(announcement.channel), .text(announcement.payload)]) }
        let rendered = RenderedSQL("SELECT pg_notify(r.channel, r.payload) FROM \(rows, as: "r")", dialect: .postgres)
        let parameters = PostgresParameters(rendered.parameters)
        let reply = session.roundTrip([
            .prepare(name: "", text: rendered.text, types: parameters.types), .execute(name: "", parameters),
        ])
        if let failure = reply.failure { throw failure }
    }

    /// Only closing ends the pause early: the thread is not marked idle, so nothing else signals it.
    private func rest(until moment: ContinuousClock.Instant) -> Bool {
        let left = ContinuousClock.now.duration(to: moment)
        return left > .zero && signal.wait(timeout: .now() + left / .seconds(1)) == .success
    }
}
