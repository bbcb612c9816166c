/// UTF-16 to UTF-8.
enum UTF16Decoding {
    /// Appends `bytes` (without byte order mark) as UTF-8 and returns how many unpaired halves and odd last bytes became
    /// U+FFFD.
    static func decode(_ bytes: UnsafeRawBufferPointer, bigEndian: Bool, into out: inout GrowingBytes) -> Int {
        var replaced = 0
        var offset = 0
        while offset + 1 < bytes.count {
            let unit = codeUnit(bytes, offset, bigEndian)
            offset += 2
            var value = UInt32(unit)
            if unit & 0xFC00 == 0xD800, offset + 1 < bytes.count, codeUnit(bytes, offset, bigEndian) & 0xFC00 == 0xDC00 {
                value = 0x10000 + (value & 0x3FF) << 10 + UInt32(codeUnit(bytes, offset, bigEndian) & 0x3FF)
                offset += 2
            }
            if let scalar = Unicode.Scalar(value) {
                append(scalar, to: &out)
            } else {
                replaced += 1
                append("\u{FFFD}", to: &out)
            }
        }
        if offset < bytes.count {
            replaced += 1
            append("\u{FFFD}", to: &out)
        }
        return replaced
    }

    @inline(__always)
    private static func codeUnit(_ bytes: UnsafeRawBufferPointer, _ offset: Int, _ bigEndian: Bool) -> UInt16 {
        let first = UInt16(bytes[offset])
        let second = UInt16(bytes[offset + 1])
        return bigEndian ? first << 8 | second : second << 8 | first
    }

    @inline(__always)
    private static func append(_ scalar: Unicode.Scalar, to out: inout GrowingBytes) {
        if scalar.value < 0x80 {
            out.append(UInt8(truncatingIfNeeded: scalar.value))
            return
        }
        for unit in UTF8.encode(scalar).unsafelyUnwrapped {
            out.append(unit)
        }
    }
}
