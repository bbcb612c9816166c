/// Windows code page 1252 as browsers read it (WHATWG "windows-1252"): the five bytes without a character stand for the
/// C1 control of the same number, so that every byte has a meaning.
package enum Windows1252 {
    /// Characters of 0x80 … 0x9F; the other bytes are the code point of the same number.
    private static let high: [UInt16] = [
        0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D, 0x008F,
        0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178,
    ]

    /// The character of one byte.
    package static func scalar(of byte: UInt8) -> Unicode.Scalar {
        guard byte >= 0x80 && byte < 0xA0 else { return Unicode.Scalar(byte) }
        return Unicode.Scalar(high[Int(byte) - 0x80]) ?? "\u{FFFD}"
    }

    /// Writes the UTF-8 of a byte from 0x80 on and returns its length, 2 or 3.
    static func writeUTF8(of byte: UInt8, at out: UnsafeMutableRawPointer) -> Int {
        var length = 0
        for unit in UTF8.encode(scalar(of: byte)).unsafelyUnwrapped {
            out.storeBytes(of: unit, toByteOffset: length, as: UInt8.self)
            length += 1
        }
        return length
    }

    /// The text of `bytes`; NUL becomes U+FFFD.
    package static func text(of bytes: UnsafeRawBufferPointer) -> String {
        var scalars = String.UnicodeScalarView()
        for byte in bytes {
            scalars.append(byte == 0 ? "\u{FFFD}" : scalar(of: byte))
        }
        return String(scalars)
    }
}
