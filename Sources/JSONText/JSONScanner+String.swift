extension JSONScanner {
    /// Reads a string from its opening to its closing quote: UTF-8, escapes, and no bare control characters.
    mutating func scanString() throws(JSONSyntaxError) {
        let start = position
        var kind = JSONNode.Kind.string
        position += 1
        while position < bytes.count {
            let byte = bytes[position]
            if byte == UInt8(ascii: "\"") {
                position += 1
                append(kind, from: start, to: position)
                return
            } else if byte == UInt8(ascii: "\\") {
                kind = .escapedString
                try scanEscape()
            } else if byte < 0x20 {
                throw failure("control character in a string, which has to be escaped")
            } else if byte < 0x80 {
                position += 1
            } else {
                try scanMultiByteScalar(byte)
            }
        }
        throw failure("string not closed")
    }

    private mutating func scanEscape() throws(JSONSyntaxError) {
        let start = position
        position += 1
        guard position < bytes.count else { throw failure("string not closed") }
        switch bytes[position] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        case UInt8(ascii: "u"):
            position += 1
            try scanUnicodeEscape(from: start)
        default:
            throw failure("unknown escape in a string")
        }
    }

    private mutating func scanUnicodeEscape(from start: Int) throws(JSONSyntaxError) {
        let unit = try scanFourHexDigits()
        guard unit & 0xF800 == 0xD800 else { return }
        let isHigh = unit < 0xDC00
        if isHigh, position + 1 < bytes.count, bytes[position] == UInt8(ascii: "\\"), bytes[position + 1] == UInt8(ascii: "u") {
            position += 2
            let low = try scanFourHexDigits()
            if low & 0xFC00 == 0xDC00 { return }
        }
        throw JSONSyntaxError(offset: start, reason: "half of a surrogate pair in a string")
    }

    private mutating func scanFourHexDigits() throws(JSONSyntaxError) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard position < bytes.count, let digit = JSONEscape.hexValue(bytes[position]) else {
                throw failure("four hex digits expected")
            }
            unit = unit << 4 | UInt32(digit)
            position += 1
        }
        return unit
    }

    /// Accepts exactly the well-formed byte sequences of the Unicode standard, table 3-7: no overlong forms, no surrogates, no more than U+10FFFF.
    private mutating func scanMultiByteScalar(_ lead: UInt8) throws(JSONSyntaxError) {
        let second: ClosedRange<UInt8>
        let length: Int
        switch lead {
        case 0xC2...0xDF: (second, length) = (0x80...0xBF, 2)
        case 0xE0: (second, length) = (0xA0...0xBF, 3)
        case 0xE1...0xEC, 0xEE...0xEF: (second, length) = (0x80...0xBF, 3)
        case 0xED: (second, length) = (0x80...0x9F, 3)
        case 0xF0: (second, length) = (0x90...0xBF, 4)
        case 0xF1...0xF3: (second, length) = (0x80...0xBF, 4)
        case 0xF4: (second, length) = (0x80...0x8F, 4)
        default: throw failure("invalid UTF-8")
        }
        guard position + length <= bytes.count, second.contains(bytes[position + 1]) else { throw failure("invalid UTF-8") }
        for index in 2..<max(length, 2) where bytes[position + index] & 0xC0 != 0x80 { throw failure("invalid UTF-8") }
        position += length
    }
}
