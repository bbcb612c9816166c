import JSONText
import Synchronization

/// Hides secrets that an attempt has read wherever their text turns up in what it says: lines, progress, errors, output.
///
/// Found are the value itself, the value as it is written inside a JSON or Swift string, the long lines of a value of several, and at the
/// beginning and the end of a text what a cut has left of one. What a handler makes of it, an encoding or another part, is not.
package final class SecretMask: Sendable {
    /// What stands in the place of a secret.
    static let mask = "[secret]"
    /// Bytes of a line of a value, and of the rest of a value at a cut, that is looked for by itself.
    static let shortestPart = 8

    private let texts = Mutex(SecretTexts())

    /// One that hides nothing yet.
    package init() {}

    /// Whether nothing is to be hidden.
    var isEmpty: Bool { texts.withLock { $0.isEmpty } }

    /// From now on hides this value.
    package func add(_ value: String) {
        let inside = JSONLiteral.inside(value)
        // Some writers of JSON escape the slash, and Swift describes the strings of a structure in its own way.
        let described = String(decoding: value.debugDescription.utf8.dropFirst().dropLast(), as: UTF8.self)
        var forms = [value, inside, inside.replacing("/", with: "\\/"), described]
        forms += value.split(whereSeparator: \.isNewline).map(String.init).filter { $0.utf8.count >= Self.shortestPart }
        // Without the line feed that came with it from a file: what is sent is often trimmed.
        var trimmed = value[...].drop(while: \.isWhitespace)
        while trimmed.last?.isWhitespace == true { trimmed.removeLast() }
        if trimmed.utf8.count >= SecretStore.shortest { forms.append(String(trimmed)) }
        texts.withLock { $0.add(forms.map { Array($0.utf8) }) }
    }

    /// The text without the secrets.
    package func hide(_ text: String) -> String { texts.withLock { $0 }.hide(text, mask: Self.mask, cutAt: Self.shortestPart) }

    /// JSON without the secrets, however its strings are escaped. Where one stood for something else, a number for example, and what
    /// is left is no JSON, all of it is hidden.
    package func hide(json text: String) -> String {
        let texts = texts.withLock { $0 }
        var result = text
        if let root = try? JSONDocument(parsing: text).root {
            var writer = JSONWriter(capacity: text.utf8.count)
            if write(root, in: &writer, texts) { result = writer.text }
        }
        // What is not in one string: numbers, and text that is no JSON. The cuts are in the strings.
        let hidden = texts.hide(result, mask: Self.mask, cutAt: nil)
        guard hidden != result else { return result }
        return (try? JSONDocument(parsing: hidden)) == nil ? "\"\(Self.mask)\"" : hidden
    }

    /// An error without the secrets.
    func hide(_ error: TaskError) -> TaskError {
        TaskError(code: hide(error.code), message: hide(error.message))
    }

    /// - Returns: whether anything was hidden.
    private func write(_ json: JSONValue, in writer: inout JSONWriter, _ texts: SecretTexts) -> Bool {
        var isChanged = false
        func hidden(_ text: String) -> String {
            let hidden = texts.hide(text, mask: Self.mask, cutAt: Self.shortestPart)
            if hidden != text { isChanged = true }
            return hidden
        }
        switch json.kind {
        case .object:
            writer.object { object in
                for member in json.members {
                    object.key(hidden(member.key))
                    if write(member.value, in: &object, texts) { isChanged = true }
                }
            }
        case .array:
            writer.array { array in
                for element in json.elements where write(element, in: &array, texts) { isChanged = true }
            }
        case .string: writer.value(hidden(json.string ?? ""))
        case .number, .bool, .null: writer.raw(json.rawBytes)
        }
        return isChanged
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
