/// A header block of a tar archive: the formats ustar, pax, GNU and that of the seventh edition of Unix.
struct TarHeader {
    /// The type flag as it stands.
    let type: UInt8
    /// Bytes that the header says follow; nil if the field is no number that fits, or is negative.
    let size: Int64?
    /// The name with its prefix, in a buffer of its own.
    let name: [UInt8]
    /// A sparse file of GNU's old format whose map goes on in the next block.
    let isMapContinued: Bool

    /// Reads a block whose checksum is right.
    init(_ block: UnsafeRawBufferPointer) {
        type = block[156]
        size = Self.number(block.slice(124, 136))
        isMapContinued = block[482] != 0
        var name = Self.text(block.slice(0, 100))
        // GNU's own format, which has a blank where POSIX has NUL, uses the prefix's place for other things.
        if block.slice(257, 263).elementsEqual("ustar\0".utf8) {
            let prefix = Self.text(block.slice(345, 500))
            if !prefix.isEmpty { name = prefix + [UInt8(ascii: "/")] + name }
        }
        self.name = name
    }

    /// Whether a block says that it is a header, whatever its checksum.
    static func hasMagic(_ block: UnsafeRawBufferPointer) -> Bool {
        block.count == TarStream.blockBytes && block.slice(257, 262).elementsEqual("ustar".utf8)
    }

    /// Whether a block is a header. Every format has the checksum; old programs summed signed bytes.
    static func hasChecksum(_ block: UnsafeRawBufferPointer) -> Bool {
        guard block.count == TarStream.blockBytes, let claimed = octal(block.slice(148, 156)) else { return false }
        // Every member passes here: eight bytes at a time, in four sums that cannot overflow within a block.
        let lanes: UInt64 = 0x00FF_00FF_00FF_00FF
        var sums: UInt64 = 0
        for offset in stride(from: 0, to: TarStream.blockBytes, by: 8) {
            let word = block.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            sums &+= (word & lanes) &+ ((word >> 8) & lanes)
        }
        var unsigned = Int64((sums & 0xFFFF) + (sums >> 16 & 0xFFFF) + (sums >> 32 & 0xFFFF) + (sums >> 48))
        // The field itself counts as eight blanks.
        unsigned += block.slice(148, 156).reduce(8 * 0x20) { $0 - Int64($1) }
        if claimed == unsigned { return true }
        let signed = block.slice(0, 148).reduce(0) { $0 + Int64(Int8(bitPattern: $1)) }
        return claimed == block.slice(156, 512).reduce(signed + 8 * 0x20) { $0 + Int64(Int8(bitPattern: $1)) }
    }

    private static func text(_ field: UnsafeRawBufferPointer) -> [UInt8] {
        Array(field.prefix { $0 != 0 })
    }

    /// Octal digits, or with the first bit set a number of many bytes, as GNU writes what does not fit. An empty field is 0.
    private static func number(_ field: UnsafeRawBufferPointer) -> Int64? {
        guard field[0] & 0x80 != 0 else {
            return field.allSatisfy { $0 == 0 || $0 == 0x20 } ? 0 : octal(field)
        }
        guard field[0] == 0x80, field[1..<4].allSatisfy({ $0 == 0 }) else { return nil }
        var value: UInt64 = 0
        for byte in field[4..<12] { value = value << 8 | UInt64(byte) }
        return Int64(exactly: value)
    }

    /// Blanks, at least one digit, then NUL or a blank and whatever follows it, or the field's end.
    private static func octal(_ field: UnsafeRawBufferPointer) -> Int64? {
        var value: Int64 = 0
        var digits = 0
        for byte in field {
            if (0x30...0x37).contains(byte) {
                value = value << 3 | Int64(byte - 0x30)
                digits += 1
            } else if byte != 0x20 && byte != 0 {
                return nil
            } else if digits > 0 {
                break
            }
        }
        return digits > 0 ? value : nil
    }
}
