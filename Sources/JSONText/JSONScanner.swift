/// The one pass over the bytes: checks the grammar and notes where each value lies.
///
/// An explicit stack instead of recursion, so that the depth limit alone decides and never the size of a thread's stack.
/// The buffer must outlive the scanner; only ``JSONDocument`` makes one.
struct JSONScanner {
    let bytes: UnsafeBufferPointer<UInt8>
    let maxDepth: Int
    var position = 0
    var nodes: [JSONNode] = []
    private var open: [Int] = []

    init(bytes: UnsafeBufferPointer<UInt8>, maxDepth: Int) {
        self.bytes = bytes
        self.maxDepth = maxDepth
        nodes.reserveCapacity(min(bytes.count / 8 + 4, 4096))
    }

    mutating func scan() throws(JSONSyntaxError) -> [JSONNode] {
        skipSpace()
        try scanValue()
        while let container = open.last {
            if nodes[container].kind == .object {
                try continueObject(container)
            } else {
                try continueArray(container)
            }
        }
        skipSpace()
        if position < bytes.count { throw failure("unexpected text after the value") }
        return nodes
    }

    /// Reads a scalar whole, or opens a container and leaves its contents to the loop in `scan`.
    private mutating func scanValue() throws(JSONSyntaxError) {
        guard position < bytes.count else { throw failure("value expected") }
        switch bytes[position] {
        case UInt8(ascii: "\""): try scanString()
        case UInt8(ascii: "{"): try openContainer(.object)
        case UInt8(ascii: "["): try openContainer(.array)
        case UInt8(ascii: "t"): try scanWord("true", .true)
        case UInt8(ascii: "f"): try scanWord("false", .false)
        case UInt8(ascii: "n"): try scanWord("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try scanNumber()
        default: throw failure("value expected")
        }
    }

    private mutating func openContainer(_ kind: JSONNode.Kind) throws(JSONSyntaxError) {
        if open.count >= maxDepth { throw failure("nested more than \(maxDepth) levels deep") }
        open.append(nodes.count)
        append(kind, from: position, to: position)
        position += 1
    }

    private mutating func continueArray(_ container: Int) throws(JSONSyntaxError) {
        skipSpace()
        let isFirst = nodes.count == container + 1
        if take(UInt8(ascii: "]")) { return close(container) }
        if !isFirst {
            guard take(UInt8(ascii: ",")) else { throw failure("',' or ']' expected") }
            skipSpace()
        }
        try scanValue()
    }

    private mutating func continueObject(_ container: Int) throws(JSONSyntaxError) {
        skipSpace()
        let isFirst = nodes.count == container + 1
        if take(UInt8(ascii: "}")) {
            close(container)
            return try refuseDuplicateKeys(container)
        }
        if !isFirst {
            guard take(UInt8(ascii: ",")) else { throw failure("',' or '}' expected") }
            skipSpace()
        }
        guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { throw failure("string expected as key") }
        try scanString()
        skipSpace()
        guard take(UInt8(ascii: ":")) else { throw failure("':' expected") }
        skipSpace()
        try scanValue()
    }

    private mutating func close(_ container: Int) {
        nodes[container].end = UInt32(position)
        nodes[container].next = UInt32(nodes.count)
        open.removeLast()
    }

    private mutating func scanWord(_ word: StaticString, _ kind: JSONNode.Kind) throws(JSONSyntaxError) {
        let start = position
        for index in 0..<word.utf8CodeUnitCount {
            guard position < bytes.count, bytes[position] == word.utf8Start[index] else { throw failure("value expected") }
            position += 1
        }
        append(kind, from: start, to: position)
    }

    mutating func append(_ kind: JSONNode.Kind, from start: Int, to end: Int) {
        nodes.append(JSONNode(kind: kind, start: UInt32(start), end: UInt32(end), next: UInt32(nodes.count + 1)))
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    func failure(_ reason: String) -> JSONSyntaxError {
        JSONSyntaxError(offset: position, reason: position < bytes.count ? reason : "text ends too early: \(reason)")
    }
}
