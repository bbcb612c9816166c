extension JSONValue {
    /// This value without the white space between its parts. All else keeps its bytes: the order of members, the spelling of strings and
    /// the digits of numbers.
    package var compactText: String { String(decoding: compactBytes, as: UTF8.self) }

    private var compactBytes: [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(rawBytes.count)
        var isInString = false
        var isEscaped = false
        for byte in rawBytes {
            if isInString {
                result.append(byte)
                isInString = isEscaped || byte != UInt8(ascii: "\"")
                isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
            } else if byte > 0x20 {
                result.append(byte)
                isInString = byte == UInt8(ascii: "\"")
            }
        }
        return result
    }

    /// A text that two values share when they have the same members, in whatever order and with whatever escapes. Numbers differ when they
    /// are written differently: `1.0` is not `1`.
    package var canonicalText: String {
        var writer = JSONWriter(capacity: rawBytes.count)
        writeCanonical(to: &writer)
        return writer.text
    }

    /// The depth of the recursion is that of the document, which its parser has limited.
    private func writeCanonical(to writer: inout JSONWriter) {
        switch kind {
        case .object:
            let members = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            writer.object { object in
                for member in members {
                    object.key(member.key)
                    member.value.writeCanonical(to: &object)
                }
            }
        case .array: writer.array { array in for element in elements { element.writeCanonical(to: &array) } }
        case .string: writer.value(string ?? "")
        case .number, .bool, .null: writer.raw(rawBytes)
        }
    }

    /// The element of an array at this position, from 0; nil if there is none or this is not an array. Cost grows with the position.
    package func element(at position: Int) -> JSONValue? {
        guard kind == .array, position >= 0 else { return nil }
        var element = index + 1
        let end = Int(tape.nodes[index].next)
        var rest = position
        while rest > 0, element < end {
            element = Int(tape.nodes[element].next)
            rest -= 1
        }
        return element < end ? JSONValue(tape: tape, index: element) : nil
    }
}
