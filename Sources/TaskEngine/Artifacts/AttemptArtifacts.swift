import Foundation
import Storage
import Synchronization

/// The artifacts of one attempt, in the engine's process: keeps its open files and answers what the handler asks.
///
/// Invariant: a file that is closed, or stored, has left ``State/files``, so that nothing is stored twice and nothing is left open once
/// ``close()`` has returned.
final class AttemptArtifacts: Sendable {
    /// Files that an attempt may have open at once.
    static let mostOpen = 16
    /// Files that one attempt may store.
    static let mostStored = 1000
    /// How often an attempt that stores many looks how many its run has.
    private static let countEvery = 100

    private enum File {
        case new(BlobUpload)
        case stored(BlobReader, offset: Int64)
    }

    private struct State {
        var files: [Int: File] = [:]
        var last = 0
        var stored = 0
        var isClosed = false
    }

    private let store: ArtifactStore
    private let task: Int64
    private let claim: Int64
    private let worker: Int64
    private let tenant: String
    /// The run of a node, else the task.
    private let scope: Int64
    private let state = Mutex(State())

    init(_ store: ArtifactStore, task: Int64, claim: Int64, worker: Int64, run: Int64?, tenant: String) {
        self.store = store
        self.task = task
        self.claim = claim
        self.worker = worker
        self.tenant = tenant
        scope = run ?? task
    }

    /// Answers one request. Never throws: what goes wrong is an answer too.
    func answer(_ request: HandlerRequest) async -> HandlerReply {
        do {
            switch request {
            case .begin: return try await begin()
            case .write(let file, let bytes): return try await write(bytes, to: file)
            case .store(let file, let name, let type): return try await store(file, name, type)
            case .open(let name): return try await open(name)
            case .read(let file): return try await read(file)
            case .close(let file): return await close(file)
            case .secret: return .never("invalid_request", "a secret is no artifact")
            case .find(let name):
                return .artifact(
                    try await store.database.read { [scope, tenant] in
                        try ReadArtifacts.find(name, scope: scope, tenant: tenant, on: $0)?.artifact
                    })
            case .list(let after):
                return .artifacts(
                    try await store.database.read { [scope, tenant] in
                        try ReadArtifacts.page(of: .scope(scope), tenant: tenant, after: after, limit: HandlerRequest.page, on: $0).map(
                            \.artifact)
                    })
            }
        } catch let error as StorageError where error.code == .diskFull {
            return .refused(code: "disk_full", message: "the disk of the data directory is full", isFinal: false)
        } catch {
            // The details are for the operator's log, not for whoever may see the task.
            return .refused(code: "artifacts_unavailable", message: "artifacts cannot be stored or read now", isFinal: false)
        }
    }

    /// Forgets what is open. Later requests are refused.
    func close() async {
        let files = state.withLock { state in
            state.isClosed = true
            defer { state.files = [:] }
            return Array(state.files.values)
        }
        for case .new(let upload) in files { await store.discard(upload) }
    }

    // MARK: - Writing

    private func begin() async throws -> HandlerReply {
        if let refusal = state.withLock({ Self.refusal($0) }) { return refusal }
        let upload = try await store.begin()
        if let number = add(.new(upload)) { return .file(number, nil) }
        await store.discard(upload)
        return Self.tooManyOpen
    }

    private func write(_ bytes: Data, to file: Int) async throws -> HandlerReply {
        guard case .new(let upload) = state.withLock({ $0.files[file] }) else { return Self.notOpen }
        guard bytes.count <= HandlerRequest.mostBytes, upload.size + Int64(bytes.count) <= store.mostBytes else {
            return .never("artifact_too_large", "an artifact has at most \(store.mostBytes) bytes")
        }
        try await upload.write(bytes)
        return .done
    }

    private func store(_ file: Int, _ name: String, _ contentType: String) async throws -> HandlerReply {
        if let fault = ArtifactName.fault(of: name) { return .never("invalid_artifact", "the name of the artifact \(fault)") }
        if let fault = ArtifactName.fault(ofType: contentType) { return .never("invalid_artifact", "the content type \(fault)") }
        let taken = state.withLock { state -> File? in
            guard case .new = state.files[file] else { return nil }
            state.stored += 1
            return state.files.removeValue(forKey: file)
        }
        guard case .new(let upload) = taken else { return Self.notOpen }
        guard state.withLock({ $0.stored }) <= Self.mostStored else {
            await store.discard(upload)
            return .never("too_many_artifacts", "one attempt stores at most \(Self.mostStored) artifacts")
        }
        if let refusal = try await refusalOfRun() {
            await store.discard(upload)
            return refusal
        }
        let (artifact, result) = try await store.store(
            upload, name, contentType: contentType, task: task, claim: claim, worker: worker, tenant: tenant)
        switch result {
        case .stored: return .artifact(artifact)
        case .givenUp:
            return .refused(code: "artifacts_unavailable", message: "the artifact took too long to be recorded", isFinal: false)
        case .stale:
            return .refused(code: "attempt_over", message: "the attempt is over: its artifacts are not taken any more", isFinal: false)
        case .taken(let other):
            return .never(
                "artifact_name_taken",
                "task \(other) of the same run has stored an artifact of this name; put what tells them apart into it")
        }
    }

    /// Counted beside the writer, by the first file of an attempt and by some of the further ones: a run has a few more at the most.
    private func refusalOfRun() async throws -> HandlerReply? {
        guard scope != task, state.withLock({ $0.stored }) % Self.countEvery == 1 else { return nil }
        let count = try await store.database.read { [scope, store] in
            try ReadArtifacts.count(in: scope, limit: store.mostOfRun, on: $0)
        }
        return count < store.mostOfRun ? nil : .never("too_many_artifacts", "a workflow run has at most \(store.mostOfRun) artifacts")
    }

    // MARK: - Reading

    private func open(_ name: String) async throws -> HandlerReply {
        if let refusal = state.withLock({ Self.refusal($0) }) { return refusal }
        let opened = try await store.open(
            tenant, find: { [scope, tenant] in try ReadArtifacts.find(name, scope: scope, tenant: tenant, on: $0) },
            sha256: \.artifact.sha256)
        guard let opened else { return .artifact(nil) }
        guard let number = add(.stored(opened.file, offset: 0)) else { return Self.tooManyOpen }
        return .file(number, opened.found.artifact)
    }

    private func read(_ file: Int) async throws -> HandlerReply {
        let next = state.withLock { state -> (BlobReader, Int64)? in
            guard case .stored(let reader, let offset) = state.files[file] else { return nil }
            state.files[file] = .stored(reader, offset: offset + Int64(HandlerRequest.mostBytes))
            return (reader, offset)
        }
        guard let (reader, offset) = next else { return Self.notOpen }
        return .bytes(Data(try await reader.read(from: offset, count: HandlerRequest.mostBytes)))
    }

    // MARK: - Open files

    private func close(_ number: Int) async -> HandlerReply {
        let file = state.withLock { $0.files.removeValue(forKey: number) }
        if case .new(let upload) = file { await store.discard(upload) }
        return .done
    }

    /// Nil when it cannot be kept open any more.
    private func add(_ file: File) -> Int? {
        state.withLock { state in
            guard Self.refusal(state) == nil else { return nil }
            state.last += 1
            state.files[state.last] = file
            return state.last
        }
    }

    private static func refusal(_ state: State) -> HandlerReply? {
        if state.isClosed { return .refused(code: "attempt_over", message: "the attempt is over", isFinal: false) }
        return state.files.count < mostOpen ? nil : tooManyOpen
    }

    private static let tooManyOpen = HandlerReply.never(
        "too_many_artifacts", "an attempt has at most \(mostOpen) artifacts open at once: read them to their end or close them")
    private static let notOpen = HandlerReply.never("artifact_not_open", "this artifact is not open")
}
