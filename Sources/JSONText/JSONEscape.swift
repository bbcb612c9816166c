/// Turns the inside of a checked JSON string into the bytes it stands for.
enum JSONEscape {
    /// Decodes escapes. The input was accepted by ``JSONScanner``, so every escape in it is complete and every surrogate paired.
    static func decode(_ text: some Collection<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        var rest = text.makeIterator()
        while let byte = rest.next() {
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                continue
            }
            switch rest.next() {
            case UInt8(ascii: "b"): result.append(0x08)
            case UInt8(ascii: "f"): result.append(0x0C)
            case UInt8(ascii: "n"): result.append(0x0A)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "u"): appendScalar(&rest, to: &result)
            case let literal?: result.append(literal)
            case nil: break
            }
        }
        return result
    }

    static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    private static func appendScalar(_ rest: inout some IteratorProtocol<UInt8>, to result: inout [UInt8]) {
        var value = codeUnit(&rest)
        if value & 0xFC00 == 0xD800 {
            _ = rest.next()  // the backslash and the u of the second half
            _ = rest.next()
            value = 0x10000 + (value & 0x3FF) << 10 + (codeUnit(&rest) & 0x3FF)
        }
        let scalar = Unicode.Scalar(value) ?? "\u{FFFD}"
        result.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
    }

    private static func codeUnit(_ rest: inout some IteratorProtocol<UInt8>) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = rest.next(), let digit = hexValue(byte) else { return 0xFFFD }
            value = value << 4 | UInt32(digit)
        }
        return value
    }
}
