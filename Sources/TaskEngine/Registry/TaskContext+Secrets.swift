import Storage
import Synchronization

extension TaskContext {
    /// The value of a secret of the task's tenant, as it is now.
    ///
    /// From now on its text is hidden in this attempt's lines, progress, errors and output. Keep it out of everything else, and out of
    /// encodings that are no longer its text.
    /// - Throws: ``TaskFailure/permanent(_:)`` with `unknown_secret` when there is none of the name; ``TaskError`` with `secrets_unavailable` when
    ///   the process has no key for it, or the database cannot be read.
    public func secret(_ name: String) async throws -> String {
        guard case .secret(let value) = try await artifacts.ask(.secret(name: name)) else {
            throw TaskError(code: "secrets_unavailable", message: "secrets cannot be read now")
        }
        return value
    }

    /// Opens secrets for this attempt, and hides them from now on.
    /// - Throws: as ``secret(_:)``.
    func openSecrets(_ names: Set<String>) async throws -> [String: String] {
        guard !names.isEmpty else { return [:] }
        guard case .stores(let stores) = helper, let store = stores.secrets else {
            throw TaskError(code: "secrets_unavailable", message: "this process keeps no secrets")
        }
        let values: [String: String]
        do { values = try await store.open(names, tenant: tenant) } catch is StorageError {
            throw TaskError(code: "secrets_unavailable", message: "secrets cannot be read now")
        }
        for value in values.values { mask.add(value) }
        return values
    }

    func answerSecret(_ name: String) async -> HandlerReply {
        do {
            let values = try await openSecrets([name])
            return values[name].map { .secret($0) } ?? .never("unknown_secret", "there is no secret of this name")
        } catch TaskFailure.permanent(let error) {
            return .never(error.code, error.message)
        } catch let error as TaskError {
            return .refused(code: error.code, message: error.message, isFinal: false)
        } catch {
            return .refused(code: "secrets_unavailable", message: "secrets cannot be read now", isFinal: false)
        }
    }

    /// One for all that the attempt says.
    var mask: SecretMask {
        madeMask.withLock { made in
            let mask = made ?? SecretMask()
            made = mask
            return mask
        }
    }

    /// A text without the secrets that the attempt has read. For what is cut before it becomes part of another text.
    package func hiding(_ text: String) -> String { madeMask.withLock { $0 }?.hide(text) ?? text }

    /// The outcome without the secrets that the attempt has read.
    func hiding(_ outcome: TaskOutcome) -> TaskOutcome {
        guard let mask = madeMask.withLock({ $0 }), !mask.isEmpty else { return outcome }
        return outcome.hiding(mask)
    }
}
