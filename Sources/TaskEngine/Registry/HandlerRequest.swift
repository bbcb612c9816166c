package import Foundation

/// What a handler asks of the process that holds its task: artifacts and secrets. The engine's process
/// answers, also for a handler in a child process, whose questions come
/// over its socket and are believed no more than a client's.
package enum HandlerRequest: Sendable, Codable {
    /// Begin a new file, which the answer numbers.
    case begin
    /// Append to it, at most ``mostBytes``.
    case write(file: Int, bytes: Data)
    /// It is complete: store it under this name.
    case store(file: Int, name: String, contentType: String)
    /// Open a stored file, which the answer numbers.
    case open(name: String)
    /// The next bytes of it; none at its end.
    case read(file: Int)
    /// A file is not needed any more. A new one that was not stored is forgotten.
    case close(file: Int)
    /// What there is of this name.
    case find(name: String)
    /// Names after this one, in their order, and what they stand for; nil begins with the first.
    case list(after: String?)
    /// The value of a secret of the tenant.
    case secret(name: String)

    /// Bytes that one request or answer carries.
    package static let mostBytes = 1 << 20
    /// Artifacts in one answer.
    package static let page = 500
}

/// What a handler is answered.
package enum HandlerReply: Sendable, Codable {
    case done
    /// The number of a file that is open now, and what it is if it is a stored one.
    case file(Int, Artifact?)
    case bytes(Data)
    /// What was stored or found; nil when there is nothing of that name.
    case artifact(Artifact?)
    case artifacts([Artifact])
    /// The value of a secret.
    case secret(String)
    /// `isFinal` when the same request would be refused again.
    case refused(code: String, message: String, isFinal: Bool)

    /// A refusal that a retry does not help.
    static func never(_ code: String, _ message: String) -> HandlerReply { .refused(code: code, message: message, isFinal: true) }
}

/// Answers a handler's requests.
package typealias HandlerCall = @Sendable (HandlerRequest) async -> HandlerReply
