extension GrowingBytes {
    /// Appends the decimal digits of a number that is not negative.
    package mutating func append(decimal number: Int) {
        let start = reserve(20).assumingMemoryBound(to: UInt8.self)
        var rest = number
        var length = 0
        repeat {
            start[length] = UInt8(truncatingIfNeeded: 0x30 + rest % 10)
            rest /= 10
            length += 1
        } while rest > 0
        var low = 0
        var high = length - 1
        while low < high {
            swap(&start[low], &start[high])
            low += 1
            high -= 1
        }
        commit(length)
    }

    /// Appends `text` as a JSON string with its quotes (RFC 8259). NUL becomes U+FFFD, since PostgreSQL text cannot hold
    /// it; other control characters are escaped; everything else is copied in runs, eight bytes at a time.
    package mutating func append(jsonString text: ConfText) {
        append(UInt8(ascii: "\""))
        switch text.encoding {
        case .utf8: appendEscaped(utf8: text.bytes)
        case .windows1252: appendEscaped(windows1252: text.bytes)
        }
        append(UInt8(ascii: "\""))
    }

    private mutating func appendEscaped(utf8 source: UnsafeRawBufferPointer) {
        guard let start = source.baseAddress else { return }
        var offset = 0
        let length = source.count
        while offset < length {
            // A piece at a time, so that the worst case of six bytes for one does not reserve six times a large value.
            let pieceEnd = min(offset + 4096, length)
            let out = reserve((pieceEnd - offset) * 6 + 8)
            var written = 0
            while offset < pieceEnd {
                if length - offset >= 8 {
                    let word = (start + offset).loadUnaligned(as: UInt64.self)
                    (out + written).storeBytes(of: word, as: UInt64.self)
                    let mask = Self.escapeMask(UInt64(littleEndian: word))
                    if mask == 0 {
                        let step = min(8, pieceEnd - offset)
                        offset += step
                        written += step
                        continue
                    }
                    let clean = min(mask.trailingZeroBitCount >> 3, pieceEnd - offset)
                    offset += clean
                    written += clean
                    if offset == pieceEnd { break }
                }
                written += Self.writeEscaped(start.load(fromByteOffset: offset, as: UInt8.self), at: out + written)
                offset += 1
            }
            commit(written)
        }
    }

    private mutating func appendEscaped(windows1252 source: UnsafeRawBufferPointer) {
        for byte in source {
            let out = reserve(8)
            if byte < 0x80 {
                commit(Self.writeEscaped(byte, at: out))
            } else {
                commit(Windows1252.writeUTF8(of: byte, at: out))
            }
        }
    }

    /// The high bit of every byte that JSON must escape: below 0x20, the quote, the backslash.
    @inline(__always)
    private static func escapeMask(_ word: UInt64) -> UInt64 {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let quotes = word ^ (ones &* 0x22)
        let backslashes = word ^ (ones &* 0x5C)
        let controls = (word &- (ones &* 0x20)) & ~word
        return (controls | ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes)) & highs
    }

    /// Writes one byte of UTF-8 text, escaped where needed, and returns how many bytes that took (at most 6).
    @inline(__always)
    private static func writeEscaped(_ byte: UInt8, at out: UnsafeMutableRawPointer) -> Int {
        if byte >= 0x20 && byte != 0x22 && byte != 0x5C {
            out.storeBytes(of: byte, as: UInt8.self)
            return 1
        }
        return writeSpecial(byte, at: out.assumingMemoryBound(to: UInt8.self))
    }

    private static func writeSpecial(_ byte: UInt8, at out: UnsafeMutablePointer<UInt8>) -> Int {
        let short: UInt8
        switch byte {
        case 0x00:
            out[0] = 0xEF
            out[1] = 0xBF
            out[2] = 0xBD
            return 3
        case 0x22, 0x5C: short = byte
        case 0x08: short = UInt8(ascii: "b")
        case 0x09: short = UInt8(ascii: "t")
        case 0x0A: short = UInt8(ascii: "n")
        case 0x0C: short = UInt8(ascii: "f")
        case 0x0D: short = UInt8(ascii: "r")
        default:
            let low = byte & 0x0F
            out[0] = UInt8(ascii: "\\")
            out[1] = UInt8(ascii: "u")
            out[2] = UInt8(ascii: "0")
            out[3] = UInt8(ascii: "0")
            out[4] = 0x30 + (byte >> 4)
            out[5] = low < 10 ? 0x30 + low : 0x57 + low
            return 6
        }
        out[0] = UInt8(ascii: "\\")
        out[1] = short
        return 2
    }
}
