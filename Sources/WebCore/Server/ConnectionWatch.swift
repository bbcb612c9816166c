import HTTPTypes
package import NIOCore
package import NIOHTTPTypes

/// Decides when a connection has been slow for too long. Pure: times and byte counts come in, an action comes out.
///
/// Three things are watched: the body of a request arriving, an answer leaving, and the rest of a body that is no longer wanted because the
/// answer is already written.
package struct ConnectionWatch {
    /// What has to happen to the connection.
    package enum Action: Equatable, Sendable {
        /// Nothing.
        case none
        /// Answer 408, then close: the handler has not begun to answer.
        case answerTimeout
        /// Close without a word: an answer is on its way or was sent.
        case close
    }

    private let bodyGrace: TimeAmount
    private let minimumBodyRate: Int64
    private let writeTimeout: TimeAmount
    private let lingerTimeout: TimeAmount

    /// When the head of the request came that is still arriving; nil between requests.
    private var arrivingSince: NIODeadline?
    private var arrivedBytes: Int64 = 0
    /// Requests whose answer has not ended. More than one if the client sends ahead.
    private var unanswered = 0
    private var isAnswering = false
    private var answeredAt: NIODeadline?
    private var bufferedBytes = 0
    private var bufferChangedAt: NIODeadline?

    /// Starts watching a new connection.
    package init(limits: ServerLimits) {
        bodyGrace = .init(limits.bodyGrace)
        minimumBodyRate = Int64(max(1, limits.minimumBodyRate))
        writeTimeout = .init(limits.writeTimeout)
        lingerTimeout = .init(limits.lingerTimeout)
    }

    /// A part of a request came.
    package mutating func read(_ part: HTTPRequestPart, now: NIODeadline) {
        switch part {
        case .head:
            arrivingSince = now
            arrivedBytes = 0
            answeredAt = nil
            unanswered += 1
        case .body(let buffer):
            arrivedBytes += Int64(buffer.readableBytes)
        case .end:
            arrivingSince = nil
            answeredAt = nil
        }
    }

    /// A part of an answer was written. Interim answers (1xx) are no answers.
    package mutating func wrote(_ part: HTTPResponsePart, now: NIODeadline) {
        switch part {
        case .head(let head):
            if head.status.kind != .informational { isAnswering = true }
        case .body:
            break
        case .end:
            isAnswering = false
            unanswered -= 1
            if unanswered == 0, arrivingSince != nil { answeredAt = now }
        }
    }

    /// Nothing of a request is arriving and nothing is being answered.
    package var isWaiting: Bool { unanswered == 0 && arrivingSince == nil }

    /// Looks at the connection; to be called at regular times.
    /// - Parameter buffered: Bytes of answers that the client has not taken.
    package mutating func check(now: NIODeadline, buffered: Int) -> Action {
        if isStalled(now: now, buffered: buffered) { return .close }
        if let answeredAt { return now - answeredAt >= lingerTimeout ? .close : .none }
        guard let arrivingSince else { return .none }
        let allowance = bodyGrace + .seconds(arrivedBytes / minimumBodyRate)
        guard now - arrivingSince >= allowance else { return .none }
        return unanswered == 1 && !isAnswering ? .answerTimeout : .close
    }

    private mutating func isStalled(now: NIODeadline, buffered: Int) -> Bool {
        guard buffered > 0, buffered == bufferedBytes, let since = bufferChangedAt else {
            bufferedBytes = buffered
            bufferChangedAt = now
            return false
        }
        return now - since >= writeTimeout
    }
}
