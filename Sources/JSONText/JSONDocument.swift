/// A JSON text that was read and found correct, with all values in it.
///
/// The text is strict RFC 8259: UTF-8 without a byte order mark, one value, nothing after it but white space. Stricter than the RFC in two
/// points where readers disagree: a key that occurs twice in one object is refused, and so is a `\u` escape of half a surrogate pair,
/// because neither means the same to every program that reads it later.
///
/// Reading makes one pass over the bytes and one flat array of nodes; strings and numbers are converted only when asked for.
package struct JSONDocument: Sendable {
    /// The one value that the text consists of.
    package let root: JSONValue

    /// Reads a JSON text.
    ///
    /// - Parameters:
    ///   - bytes: The text as UTF-8. An array is kept without a copy.
    ///   - maxDepth: How many arrays and objects may be open at once. `[]` has depth 1; 0 allows only strings, numbers and words.
    /// - Throws: ``JSONSyntaxError`` for the first thing that is wrong.
    package init(parsing bytes: some Collection<UInt8>, maxDepth: Int = 64) throws(JSONSyntaxError) {
        let bytes = Array(bytes)
        guard bytes.count < Int(UInt32.max) else { throw JSONSyntaxError(offset: 0, reason: "text of 4 GiB or more") }
        // The result type carries the typed error out of the closure, whose own throwing would lose the type.
        let result = bytes.withUnsafeBufferPointer { buffer in
            Result { () throws(JSONSyntaxError) -> [JSONNode] in
                var scanner = JSONScanner(bytes: buffer, maxDepth: maxDepth)
                return try scanner.scan()
            }
        }
        self.root = JSONValue(tape: JSONTape(bytes: bytes, nodes: try result.get()), index: 0)
    }

    /// Reads a JSON text that is already a string; see ``init(parsing:maxDepth:)``.
    package init(parsing text: String, maxDepth: Int = 64) throws(JSONSyntaxError) {
        try self.init(parsing: Array(text.utf8), maxDepth: maxDepth)
    }
}

/// The bytes of a document and its values in the order of the text. Shared by all views into it.
final class JSONTape: Sendable {
    let bytes: [UInt8]
    let nodes: [JSONNode]

    init(bytes: [UInt8], nodes: [JSONNode]) {
        self.bytes = bytes
        self.nodes = nodes
    }
}

/// One value of a document. Members of an object are two nodes each: the key, a string, and then the value.
struct JSONNode: Sendable {
    enum Kind: UInt8, Sendable {
        case object, array, string, escapedString, integer, number, `true`, `false`, null
    }

    let kind: Kind
    /// First byte; for strings the opening quote.
    let start: UInt32
    /// One past the last byte.
    var end: UInt32
    /// Index of the first node that is not inside this one.
    var next: UInt32
}
