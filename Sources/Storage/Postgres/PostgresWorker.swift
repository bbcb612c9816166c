import Foundation
import Logging

/// Runs transactions on the one connection of its thread: reruns what the server asks to be rerun, reconnects when the
/// connection is lost, and finds out what became of a COMMIT whose answer did not arrive.
final class PostgresWorker {
    private let pool: PostgresPool
    private let index: Int
    private var session: PostgresSession?
    private var backoff = PostgresBackoff()

    init(pool: PostgresPool, index: Int) {
        self.pool = pool
        self.index = index
    }

    /// Connects without waiting for a server that is down: at start an error is better than patience.
    func connectOnce() throws -> PostgresSession {
        let session = try PostgresSession.connect(pool.settings) { pool.isClosed }
        session.recordLife()
        self.session = session
        return session
    }

    /// One transaction around `body`.
    /// - Parameter since: when the caller began to wait, which counts against the patience with a server that is down.
    func transact<T>(_ mode: PostgresConnection.Mode, since: ContinuousClock.Instant, _ body: (any Connection) throws -> T) throws -> T {
        var tries = PostgresTries(reruns: pool.reruns)
        var deadline = since + pool.patience
        while true {
            let session = try self.session(until: deadline)
            let isFresh = session.isFresh
            session.isFresh = false
            let connection = PostgresConnection(session, mode: mode)
            let outcome = Result { try body(connection) }
            connection.end()
            switch try finish(connection, on: session, outcome) {
            case .done(let value):
                return value
            case .again(let failure):
                // An idle connection that turns out to be dead says nothing about the server.
                let wasIdle = failure.kind == .connectionLost && !isFresh && !connection.hasBegun
                try tries.admit(failure, counts: !wasIdle)
                if failure.kind == .connectionLost {
                    deadline = .now + pool.patience
                } else if pool.sleep(tries.pause(), worker: index) {
                    throw PostgresPool.closed
                }
            }
        }
    }

    private enum Ending<T> {
        case done(T)
        /// Nothing was committed; the closure may run again.
        case again(PostgresFailure)
    }

    /// Ends the transaction as its closure did.
    private func finish<T>(
        _ connection: PostgresConnection, on session: PostgresSession, _ outcome: Result<T, any Error>
    ) throws -> Ending<T> {
        if let failure = connection.failure {
            // The failed statement decides, also when the closure made another error of it or none.
            abandon(connection, session, failure)
            switch failure.kind {
            case .connectionLost, .conflict, .stalePlan: return .again(failure)
            case .readOnlyServer, .permanent:
                if case .failure(let thrown) = outcome { throw thrown }
                throw failure.error
            }
        }
        switch outcome {
        case .failure(let thrown):
            abandon(connection, session, nil)
            throw thrown
        case .success(let value):
            guard connection.hasBegun else { return .done(value) }
            if let failure = try commit(connection, session) { return .again(failure) }
            return .done(value)
        }
    }

    /// Rolls back. A connection that cannot even do that is dropped.
    private func abandon(_ connection: PostgresConnection, _ session: PostgresSession, _ failure: PostgresFailure?) {
        do throws(PostgresFailure) {
            switch failure?.kind {
            case .connectionLost:
                self.session = nil
            case .readOnlyServer where connection.mode == .write:
                // Another server has become the primary; libpq finds it among several hosts when it connects anew.
                self.session = nil
            case .stalePlan:
                try session.run("ROLLBACK")
                try session.forgetStatements()
            case .conflict, .readOnlyServer, .permanent, nil:
                if connection.hasBegun { try session.run("ROLLBACK") }
            }
        } catch {
            // The server rolls back what its lost connection had begun.
            self.session = nil
        }
    }

    // MARK: - Commit

    /// - Returns: nil after a commit, else the failure to run the closure again for.
    private func commit(_ connection: PostgresConnection, _ session: PostgresSession) throws -> PostgresFailure? {
        let clock = ContinuousClock()
        let started = clock.now
        do throws(PostgresFailure) {
            let tag = try session.run("COMMIT").commandTag
            guard tag == "COMMIT" else {
                throw PostgresFailure(.permanent, StorageError(.other, "the server answered \(tag) to COMMIT"))
            }
        } catch {
            switch error.kind {
            case .connectionLost:
                self.session = nil
                let isCommitted = try settle(connection, lostWith: session)
                if !isCommitted { return error }
            case .conflict, .stalePlan: return error
            case .readOnlyServer, .permanent: throw error.error
            }
        }
        if connection.mode == .write { pool.recordCommit(started.duration(to: clock.now)) }
        return nil
    }

    /// The connection was lost after COMMIT had been sent: whether the transaction is committed.
    /// - Throws: ``StorageError/Code/outcomeUnknown`` when nobody can tell.
    private func settle(_ connection: PostgresConnection, lostWith lost: PostgresSession) throws -> Bool {
        // A read has all that it asked for.
        if connection.mode == .read { return true }
        // Without an id nothing was written, so there is nothing to find out.
        guard let id = connection.transactionID else { return false }
        pool.logger.warning("the answer to COMMIT was lost, asking the server for the outcome", metadata: ["transaction": "\(id)"])
        let deadline = ContinuousClock.now + pool.patience
        var inquiry = PostgresCommitInquiry(transactionID: id, lost: lost)
        while let session = connected(until: deadline) {
            switch inquiry.ask(session) {
            case .committed: return true
            case .aborted:
                self.session = nil
                return false
            case .askAgain(let after):
                if pool.sleep(after, worker: index) || ContinuousClock.now > deadline { throw PostgresCommitInquiry.unknown }
            case .connectionLost:
                self.session = nil
                if ContinuousClock.now > deadline { throw PostgresCommitInquiry.unknown }
            case .unknown:
                self.session = nil
                throw PostgresCommitInquiry.unknown
            }
        }
        throw PostgresCommitInquiry.unknown
    }

    private func connected(until deadline: ContinuousClock.Instant) -> PostgresSession? {
        do {
            return try session(until: deadline)
        } catch {
            pool.logger.error("the outcome of a COMMIT cannot be asked for", metadata: ["error": "\(error)"])
            return nil
        }
    }

    // MARK: - Connecting

    /// The connection, made anew if it was lost. Tries until `deadline`; after it, once, unless an attempt failed a moment ago.
    private func session(until deadline: ContinuousClock.Instant) throws -> PostgresSession {
        if let session, session.isQuiet, forgetsStatementsIfFull(session) { return session }
        session = nil
        while true {
            if let failure = backoff.failure, backoff.nextAttempt > .now {
                guard deadline > .now else { throw failure }
                let pause = ContinuousClock.now.duration(to: min(backoff.nextAttempt, deadline))
                if pool.sleep(pause, worker: index) { throw PostgresPool.closed }
            }
            do {
                let session = try connectOnce()
                backoff.reset()
                return session
            } catch let error as StorageError {
                backoff.failed(error)
                // Another password or database does not come by waiting.
                guard error.code == .unavailable else { throw error }
            }
        }
    }

    /// False when the connection turned out to be lost.
    private func forgetsStatementsIfFull(_ session: PostgresSession) -> Bool {
        guard session.statements.isFull else { return true }
        do {
            try session.forgetStatements()
            return true
        } catch {
            return false
        }
    }
}
