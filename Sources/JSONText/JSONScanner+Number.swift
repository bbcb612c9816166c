extension JSONScanner {
    /// Reads `-? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?`. Without fraction and exponent it is an integer.
    mutating func scanNumber() throws(JSONSyntaxError) {
        let start = position
        var kind = JSONNode.Kind.integer
        if peek() == UInt8(ascii: "-") { position += 1 }
        if peek() == UInt8(ascii: "0") {
            position += 1
            if let byte = peek(), isDigit(byte) { throw failure("number with a leading zero") }
        } else {
            try scanDigits()
        }
        if peek() == UInt8(ascii: ".") {
            kind = .number
            position += 1
            try scanDigits()
        }
        if let byte = peek(), byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
            kind = .number
            position += 1
            if let sign = peek(), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { position += 1 }
            try scanDigits()
        }
        append(kind, from: start, to: position)
    }

    private mutating func scanDigits() throws(JSONSyntaxError) {
        guard let byte = peek(), isDigit(byte) else { throw failure("digit expected") }
        while let byte = peek(), isDigit(byte) { position += 1 }
    }

    private func peek() -> UInt8? {
        position < bytes.count ? bytes[position] : nil
    }

    private func isDigit(_ byte: UInt8) -> Bool {
        byte &- UInt8(ascii: "0") < 10
    }
}
