/// Strict UTF-8 validation (Unicode 15, table 3-7: no overlong forms, no surrogates, nothing above U+10FFFF).
package enum UTF8Check {
    /// Offset of the first byte that is not part of a well-formed sequence; nil if all of it is UTF-8. ASCII is skipped
    /// sixteen bytes at a time, since nearly all real files are nothing else.
    package static func firstInvalidOffset(in bytes: UnsafeRawBufferPointer) -> Int? {
        guard let start = bytes.baseAddress else { return nil }
        let length = bytes.count
        var offset = 0
        while offset < length {
            while length - offset >= 16 {
                let both = (start + offset).loadUnaligned(as: UInt64.self) | (start + offset + 8).loadUnaligned(as: UInt64.self)
                if both & 0x8080_8080_8080_8080 != 0 { break }
                offset += 16
            }
            guard offset < length else { return nil }
            let step = sequenceLength(at: offset, in: bytes)
            if step == 0 { return offset }
            offset += step
        }
        return nil
    }

    /// Length of the well-formed sequence that starts at `offset`, 0 if there is none.
    @inline(__always)
    private static func sequenceLength(at offset: Int, in bytes: UnsafeRawBufferPointer) -> Int {
        let lead = bytes[offset]
        if lead < 0x80 { return 1 }
        let needed: Int
        var lowest: UInt8 = 0x80
        var highest: UInt8 = 0xBF
        switch lead {
        case 0xC2...0xDF: needed = 2
        case 0xE0: (needed, lowest) = (3, 0xA0)
        case 0xED: (needed, highest) = (3, 0x9F)
        case 0xE1...0xEF: needed = 3
        case 0xF0: (needed, lowest) = (4, 0x90)
        case 0xF1...0xF3: needed = 4
        case 0xF4: (needed, highest) = (4, 0x8F)
        default: return 0
        }
        guard offset + needed <= bytes.count else { return 0 }
        let second = bytes[offset + 1]
        guard second >= lowest && second <= highest else { return 0 }
        var index = 2
        while index < needed {
            guard bytes[offset + index] & 0xC0 == 0x80 else { return 0 }
            index += 1
        }
        return needed
    }
}
