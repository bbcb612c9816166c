import JSONText
import Synchronization

/// Hides secrets that an attempt has read wherever their text turns up in what it says: lines, progress, errors, output.
///
/// Found are the value itself, the value as JSON writes it inside a string, and the long lines of a value of several. What a handler
/// makes of it, an encoding or a part, is not.
final class SecretMask: Sendable {
    /// What stands in the place of a secret.
    static let mask = "[secret]"
    /// A line of a value is looked for by itself from this length on.
    private static let shortestLine = 8

    /// The longest first, since one may be part of another.
    private let texts = Mutex<[String]>([])

    /// Whether nothing is to be hidden.
    var isEmpty: Bool { texts.withLock { $0.isEmpty } }

    /// From now on hides this value.
    func add(_ value: String) {
        var forms = [value, JSONLiteral.inside(value)]
        forms += value.split(whereSeparator: \.isNewline).map(String.init).filter { $0.utf8.count >= Self.shortestLine }
        texts.withLock { texts in
            texts = Set(texts + forms.filter { !$0.isEmpty }).sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }
        }
    }

    /// The text without the secrets.
    func hide(_ text: String) -> String {
        texts.withLock { $0 }.reduce(text) { text, secret in
            text.contains(secret) ? text.replacing(secret, with: Self.mask) : text
        }
    }

    /// JSON without the secrets. Where one stood for a value, a number for example, and what is left is no JSON, all of it is hidden.
    func hide(json text: String) -> String {
        let hidden = hide(text)
        guard hidden != text else { return text }
        return (try? JSONDocument(parsing: hidden)) == nil ? "\"\(Self.mask)\"" : hidden
    }

    /// An error without the secrets.
    func hide(_ error: TaskError) -> TaskError {
        TaskError(code: hide(error.code), message: hide(error.message))
    }
}

extension TaskOutcome {
    /// The same without the secrets.
    func hiding(_ mask: SecretMask) -> TaskOutcome {
        switch self {
        case .succeeded(let output, let effects, let followUps):
            .succeeded(output: output.map { mask.hide(json: $0) }, effects: effects, followUps: followUps)
        case .retry(let error, let after): .retry(mask.hide(error), after: after)
        case .failed(let error): .failed(mask.hide(error))
        case .timedOut(let error): .timedOut(mask.hide(error))
        case .cancelled, .snoozed, .interrupted: self
        }
    }
}
