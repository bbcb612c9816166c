/// One value of a ``JSONDocument``: a view into its bytes, cheap to copy, which keeps the document alive.
package struct JSONValue: Sendable {
    /// What sort of value this is.
    package enum Kind: String, Sendable {
        case object, array, string, number, bool, null
    }

    let tape: JSONTape
    let index: Int

    private var node: JSONNode { tape.nodes[index] }

    /// What sort of value this is.
    package var kind: Kind {
        switch node.kind {
        case .object: .object
        case .array: .array
        case .string, .escapedString: .string
        case .integer, .number: .number
        case .true, .false: .bool
        case .null: .null
        }
    }

    /// The bytes of this value as the client sent them, white space around it dropped, white space inside it kept.
    package var rawBytes: ArraySlice<UInt8> { tape.bytes[Int(node.start)..<Int(node.end)] }

    /// ``rawBytes`` as text.
    package var rawText: String { String(decoding: rawBytes, as: UTF8.self) }

    /// Where the value starts in the document, in bytes from 0.
    package var offset: Int { Int(node.start) }

    /// The text of a string, escapes decoded; nil for any other kind. May contain U+0000.
    package var string: String? {
        let node = node
        switch node.kind {
        case .string: return String(decoding: inside(node), as: UTF8.self)
        case .escapedString: return String(decoding: JSONEscape.decode(inside(node)), as: UTF8.self)
        default: return nil
        }
    }

    /// The value of a number written as an integer (no fraction, no exponent) that fits; nil for any other. `1.0` and `1e3` are nil.
    package var int64: Int64? {
        guard node.kind == .integer else { return nil }
        var digits = rawBytes
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative { digits.removeFirst() }
        var value: Int64 = 0
        for byte in digits {
            let digit = Int64(byte - UInt8(ascii: "0"))
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = isNegative ? tens.subtractingReportingOverflow(digit) : tens.addingReportingOverflow(digit)
            if overflow || carry { return nil }
            value = sum
        }
        return value
    }

    /// The value of a number, rounded to the nearest double; nil for any other kind and for a number beyond the range of a double.
    package var double: Double? {
        guard kind == .number, let value = Double(rawText), value.isFinite else { return nil }
        return value
    }

    /// The value of `true` and `false`; nil for any other kind.
    package var bool: Bool? {
        switch node.kind {
        case .true: true
        case .false: false
        default: nil
        }
    }

    /// Whether this is the word `null`.
    package var isNull: Bool { node.kind == .null }

    private func inside(_ node: JSONNode) -> ArraySlice<UInt8> {
        tape.bytes[Int(node.start) + 1..<Int(node.end) - 1]
    }
}

extension JSONValue {
    /// The members of an object in the order of the text, each key once; empty for any other kind.
    package var members: [(key: String, value: JSONValue)] {
        guard node.kind == .object else { return [] }
        var result: [(key: String, value: JSONValue)] = []
        var key = index + 1
        while key < Int(node.next) {
            result.append((JSONValue(tape: tape, index: key).string ?? "", JSONValue(tape: tape, index: key + 1)))
            key = Int(tape.nodes[key + 1].next)
        }
        return result
    }

    /// The elements of an array in order; empty for any other kind.
    package var elements: [JSONValue] {
        guard node.kind == .array else { return [] }
        var result: [JSONValue] = []
        var element = index + 1
        while element < Int(node.next) {
            result.append(JSONValue(tape: tape, index: element))
            element = Int(tape.nodes[element].next)
        }
        return result
    }

    /// The member of an object with this key, compared byte by byte; nil if there is none or this is not an object. Cost grows with the members.
    package subscript(key: String) -> JSONValue? {
        guard node.kind == .object else { return nil }
        var position = index + 1
        while position < Int(node.next) {
            if isKey(tape.nodes[position], key) { return JSONValue(tape: tape, index: position + 1) }
            position = Int(tape.nodes[position + 1].next)
        }
        return nil
    }

    private func isKey(_ node: JSONNode, _ key: String) -> Bool {
        if node.kind == .escapedString { return JSONEscape.decode(inside(node)).elementsEqual(key.utf8) }
        return inside(node).elementsEqual(key.utf8)
    }
}
