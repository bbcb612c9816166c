import Foundation
import Logging
import Synchronization

/// The one connection of this process that listens for notifications, with its own thread, made when first needed.
///
/// Every listener of a channel is called on that thread: with a payload for each notification, and with nil whenever
/// listening has begun or begun again, since what was sent before that moment was missed.
final class PostgresListener: Sendable {
    typealias Body = @Sendable (String?) -> Void

    private struct State {
        var bodies: [String: [Body]] = [:]
        /// Channels that the current connection does not listen to yet.
        var unheard: Set<String> = []
        var isStarted = false
        var isClosed = false
    }

    private let settings: PostgresSettings
    private let logger: Logger
    private let state = Mutex(State())
    private let wake = PostgresWakeUp()

    init(settings: PostgresSettings, logger: Logger) {
        self.settings = settings
        self.logger = logger
    }

    func add(channel: String, _ body: @escaping Body) {
        let mustStart = state.withLock { state in
            guard !state.isClosed else { return false }
            state.bodies[channel, default: []].append(body)
            state.unheard.insert(channel)
            defer { state.isStarted = true }
            return !state.isStarted
        }
        if mustStart {
            let thread = Thread { self.serve() }
            thread.name = "millrace-pg-listen"
            thread.start()
        } else {
            wake.signal()
        }
    }

    /// No listener is called after its current call.
    func close() {
        state.withLock { state in
            state.isClosed = true
            state.bodies = [:]
        }
        wake.signal()
    }

    // MARK: - The thread

    private var isClosed: Bool { state.withLock { $0.isClosed } }

    private func serve() {
        var backoff = PostgresBackoff()
        while !isClosed {
            do {
                let session = try PostgresSession.connect(settings) { isClosed }
                if backoff.failure != nil { logger.notice("listening to PostgreSQL again") }
                backoff.reset()
                try hear(session)
            } catch {
                guard !isClosed else { return }
                let error = (error as? PostgresFailure)?.error ?? (error as? StorageError)
                let reason = error ?? PostgresFailure.brokenConnection.error
                if backoff.failure == nil {
                    logger.warning("not listening to PostgreSQL, trying again", metadata: ["error": "\(reason)"])
                }
                backoff.failed(reason)
                state.withLock { $0.unheard = Set($0.bodies.keys) }
                pause(until: backoff.nextAttempt)
            }
        }
    }

    /// Until the connection is lost or the listener closed.
    private func hear(_ session: PostgresSession) throws {
        while !isClosed {
            try listenToNewChannels(session)
            // Notifications may have come with the answer to LISTEN, after which the socket has nothing to tell.
            for (channel, payload) in try session.takeNotifications() { call(channel, payload) }
            let ready = PostgresSocket.waitForEither(session.socket, wake.descriptor, timeout: nil)
            if ready.second { wake.clear() }
        }
    }

    private func listenToNewChannels(_ session: PostgresSession) throws {
        let channels = state.withLock { state in
            defer { state.unheard = [] }
            return state.unheard
        }
        for channel in channels.sorted() {
            try session.run("LISTEN " + PostgresChannels.quoted(channel))
            call(channel, nil)
        }
    }

    private func call(_ channel: String, _ payload: String?) {
        for body in state.withLock({ $0.bodies[channel] ?? [] }) { body(payload) }
    }

    private func pause(until moment: ContinuousClock.Instant) {
        while !isClosed {
            let left = ContinuousClock.now.duration(to: moment)
            guard left > .zero else { return }
            if PostgresSocket.wait(wake.descriptor, for: POLLIN, timeout: left) { wake.clear() }
        }
    }
}
