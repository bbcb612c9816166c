/// A `Content-Type` or `Content-Disposition` value: a word and parameters (RFC 9110, 5.6.6 and 8.3.1).
struct ContentType: Equatable {
    /// What stands before the first semicolon, in lower case: `multipart/form-data`.
    let essence: String
    private let parameters: [(name: String, value: String)]

    /// Reads a value; nil if it does not follow the grammar or names a parameter twice.
    init?(_ text: String) {
        var scanner = Scanner(rest: Array(text.utf8)[...])
        scanner.skipSpace()
        let essence = scanner.word(also: UInt8(ascii: "/"))
        guard !essence.isEmpty else { return nil }
        var parameters: [(name: String, value: String)] = []
        while true {
            scanner.skipSpace()
            if scanner.rest.isEmpty { break }
            guard scanner.take(UInt8(ascii: ";")) else { return nil }
            scanner.skipSpace()
            if scanner.rest.isEmpty || scanner.rest.first == UInt8(ascii: ";") { continue }
            let name = scanner.word().lowercased()
            guard !name.isEmpty, scanner.take(UInt8(ascii: "=")), let value = scanner.value() else { return nil }
            if parameters.contains(where: { $0.name == name }) { return nil }
            parameters.append((name, value))
        }
        self.essence = essence.lowercased()
        self.parameters = parameters
    }

    /// A parameter by its name in lower case, without quotes; nil if absent.
    subscript(name: String) -> String? {
        parameters.first { $0.name == name }?.value
    }

    /// Whether this is `application/json` or a type with the suffix `+json`.
    var isJSON: Bool {
        essence == "application/json" || (essence.hasSuffix("+json") && essence.contains("/"))
    }

    static func == (left: ContentType, right: ContentType) -> Bool {
        left.essence == right.essence && left.parameters.elementsEqual(right.parameters) { $0.name == $1.name && $0.value == $1.value }
    }
}

private struct Scanner {
    var rest: ArraySlice<UInt8>

    mutating func skipSpace() {
        rest = rest.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard rest.first == byte else { return false }
        rest.removeFirst()
        return true
    }

    mutating func word(also extra: UInt8? = nil) -> String {
        let word = rest.prefix { Self.isTokenByte($0) || $0 == extra }
        rest = rest[word.endIndex...]
        return String(decoding: word, as: UTF8.self)
    }

    /// A token or a quoted string; nil if there is neither or the quotes do not close.
    mutating func value() -> String? {
        guard take(UInt8(ascii: "\"")) else {
            let word = word()
            return word.isEmpty ? nil : word
        }
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "\"") { return String(validating: bytes, as: UTF8.self) }
            // Only these two are escaped in practice; a lone backslash is part of a Windows path that an old client sent.
            if byte == UInt8(ascii: "\\"), let next = rest.first, next == UInt8(ascii: "\"") || next == UInt8(ascii: "\\") {
                rest.removeFirst()
                bytes.append(next)
            } else {
                bytes.append(byte)
            }
        }
        return nil
    }

    /// `tchar` of RFC 9110.
    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: Array("!#$%&'*+-.^_`|~".utf8).contains(byte)
        }
    }
}
