import Foundation
import Storage
import Synchronization

/// Artifacts and secrets in memory, for the test of a handler by itself.
final class MemoryArtifacts: Sendable {
    private struct State {
        var stored: [String: (artifact: Artifact, bytes: Data)] = [:]
        var open: [Int: Data] = [:]
        var last = 0
    }

    private let state = Mutex(State())
    private let secrets: [String: String]

    /// - Parameter secrets: values by name.
    init(secrets: [String: String]) {
        self.secrets = secrets
    }

    func answer(_ request: HandlerRequest) -> HandlerReply {
        state.withLock { state in
            switch request {
            case .secret(let name):
                return secrets[name].map { .secret($0) } ?? .never("unknown_secret", "there is no secret '\(name)'")
            case .begin: return .file(Self.add(Data(), &state), nil)
            case .write(let file, let bytes):
                state.open[file]?.append(bytes)
                return .done
            case .store(let file, let name, let contentType):
                if let fault = ArtifactName.fault(ofType: contentType) { return .never("invalid_artifact", "the content type \(fault)") }
                let bytes = state.open.removeValue(forKey: file) ?? Data()
                let artifact = Artifact(
                    name: name, contentType: contentType, size: Int64(bytes.count), sha256: ContentDigest.sha256(Array(bytes)))
                state.stored[name] = (artifact, bytes)
                return .artifact(artifact)
            case .open(let name):
                guard let stored = state.stored[name] else { return .artifact(nil) }
                return .file(Self.add(stored.bytes, &state), stored.artifact)
            case .read(let file):
                defer { state.open[file] = Data() }
                return .bytes(state.open[file] ?? Data())
            case .close(let file):
                state.open[file] = nil
                return .done
            case .find(let name): return .artifact(state.stored[name]?.artifact)
            case .list(let after):
                let later = state.stored.values.map(\.artifact).filter { Self.comes($0.name, after: after) }
                return .artifacts(later.sorted { Self.comes($1.name, after: $0.name) })
            }
        }
    }

    private static func add(_ bytes: Data, _ state: inout State) -> Int {
        state.last += 1
        state.open[state.last] = bytes
        return state.last
    }

    private static func comes(_ name: String, after other: String?) -> Bool {
        other.map { $0.utf8.lexicographicallyPrecedes(name.utf8) } ?? true
    }
}
