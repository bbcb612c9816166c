/// Named files that a handler stores and reads: those of its workflow run or, of a task by itself, its own.
///
/// What was stored is durable and seen by everybody when the call returns, whatever becomes of the attempt; the same name stored
/// again by the same task, also in a later attempt, replaces it. In a run a name belongs to the node that used it first, and every node
/// can read it. Works in handlers with `isolation: .process` as well. An artifact is deleted with its task or run.
///
/// All calls throw ``TaskFailure/permanent(_:)`` for what no retry helps (`invalid_artifact`, `artifact_not_found`, `artifact_too_large`,
/// `artifact_name_taken`, `too_many_artifacts`) and ``TaskError`` for what one may help (`disk_full`, `artifacts_unavailable`,
/// `attempt_over`).
public struct TaskArtifacts: Sendable {
    let call: HandlerCall

    /// Stores bytes that are at hand.
    /// - Parameter contentType: a media type, which a download is answered with.
    @discardableResult
    public func write(
        _ name: String, _ bytes: some Collection<UInt8> & Sendable, contentType: String = Self.anyType
    ) async throws -> Artifact {
        try await write(name, contentType: contentType) { try await $0.write(bytes) }
    }

    /// Stores what `body` writes, piece by piece and in constant memory. If it throws, nothing is stored.
    /// - Parameter contentType: a media type, which a download is answered with.
    @discardableResult
    public func write(
        _ name: String, contentType: String = Self.anyType, _ body: (_ file: ArtifactWriter) async throws -> Void
    ) async throws -> Artifact {
        // Said before the work and not after it.
        if let fault = ArtifactName.fault(of: name) {
            throw TaskFailure.permanent(code: "invalid_artifact", "the name of the artifact \(fault)")
        }
        guard case .file(let number, _) = try await ask(.begin) else { throw Self.unexpected }
        let writer = ArtifactWriter(file: number, artifacts: self)
        do {
            try await body(writer)
            try await writer.flush()
            let stored = try await ask(.store(file: number, name: name, contentType: contentType))
            guard case .artifact(let artifact?) = stored else { throw Self.unexpected }
            return artifact
        } catch {
            _ = await call(.close(file: number))
            throw error
        }
    }

    /// The bytes of an artifact, at once.
    /// - Parameter limit: bytes; a longer one is refused with `artifact_too_large`. Read that with ``open(_:)``.
    public func read(_ name: String, limit: Int = 64 << 20) async throws -> [UInt8] {
        let reader = try await open(name)
        guard reader.artifact.size <= Int64(limit) else {
            await reader.close()
            throw TaskFailure.permanent(
                code: "artifact_too_large", "the artifact '\(name)' has \(reader.artifact.size) bytes, more than \(limit)")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(reader.artifact.size))
        for try await piece in reader { bytes += piece }
        return bytes
    }

    /// Opens an artifact, to be read piece by piece in constant memory. What is read is what it was when it was opened.
    public func open(_ name: String) async throws -> ArtifactReader {
        guard case .file(let number, let artifact?) = try await ask(.open(name: name)) else {
            throw TaskFailure.permanent(code: "artifact_not_found", "there is no artifact '\(name)'")
        }
        return ArtifactReader(artifact: artifact, file: number, artifacts: self)
    }

    /// What there is of this name; nil when there is nothing.
    public func find(_ name: String) async throws -> Artifact? {
        guard case .artifact(let artifact) = try await ask(.find(name: name)) else { throw Self.unexpected }
        return artifact
    }

    /// The first 500 artifacts in the order of their names, as bytes.
    /// - Parameter name: goes on after this one; nil begins with the first.
    public func list(after name: String? = nil) async throws -> [Artifact] {
        guard case .artifacts(let artifacts) = try await ask(.list(after: name)) else { throw Self.unexpected }
        return artifacts
    }

    /// What an artifact is when nobody says it.
    public static let anyType = "application/octet-stream"

    func ask(_ request: HandlerRequest) async throws -> HandlerReply {
        let reply = await call(request)
        guard case .refused(let code, let message, let isFinal) = reply else { return reply }
        let error = TaskError(code: code, message: message)
        if isFinal { throw TaskFailure.permanent(error) }
        throw error
    }

    static var unexpected: TaskError { TaskError(code: "artifacts_unavailable", message: "artifacts cannot be stored or read now") }
}
