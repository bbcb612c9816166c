/// The header directly before a member's data (APPNOTE 4.3.7), checked against the member's record in the directory.
struct ZipLocalHeader {
    /// Where the data begins.
    let dataStart: Int64

    private static let fixedBytes = 30

    /// - Parameter limit: where the next member, or the directory, begins: the member must end there.
    init(_ window: FileWindow, at offset: UInt64, limit: UInt64, _ record: ZipRecord) throws(ArchiveError) {
        let place = Int64(offset)
        let broken = { (message: String) in ArchiveError(.damaged, message, position: place) }
        let fixed = try window.bytes(at: place, count: Self.fixedBytes)
        guard fixed.count == Self.fixedBytes, fixed.little32(0) == 0x0403_4B50 else {
            throw broken("the zip file's directory points to a place where no member begins")
        }
        let nameBytes = Int(fixed.little16(26))
        let extraBytes = Int(fixed.little16(28))
        let bytes = try window.bytes(at: place, count: Self.fixedBytes + nameBytes + extraBytes)
        guard bytes.count == Self.fixedBytes + nameBytes + extraBytes else { throw broken("the file ends within a member's header") }
        var header = ZipRecord.Header(
            flags: bytes.little16(6), method: bytes.little16(8), crc: bytes.little32(14), packed: UInt64(bytes.little32(18)),
            unpacked: UInt64(bytes.little32(22)))
        guard bytes[Self.fixedBytes..<(Self.fixedBytes + nameBytes)].elementsEqual(record.name) else {
            throw broken("a member's name differs from the one in the zip file's directory")
        }
        let expected = record.header
        // Bits 5, 6 and 13: patches, strong encryption, hidden headers.
        guard (header.flags | expected.flags) & 0x2060 == 0 else {
            throw ArchiveError(.unsupported, "it is a patch, or its headers are encrypted", position: place)
        }
        guard header.method == expected.method, header.isEncrypted == expected.isEncrypted else {
            throw broken("a member's header differs from its record in the zip file's directory")
        }
        let extra = UnsafeRawBufferPointer(rebasing: bytes[(Self.fixedBytes + nameBytes)...])
        let isWide = header.packed == 0xFFFF_FFFF || header.unpacked == 0xFFFF_FFFF
        guard !isWide || header.widen(extra: extra) != nil else { throw broken("a member's header lacks its 64-bit lengths") }
        dataStart = place + Int64(bytes.count)
        let (dataEnd, overflow) = UInt64(dataStart).addingReportingOverflow(expected.packed)
        guard !overflow && dataEnd <= limit else { throw broken("a member reaches into the next one, or into the directory") }
        let gap = Int(clamping: limit - dataEnd)
        if header.hasDescriptor {
            guard try Self.isDescriptor(window, at: Int64(dataEnd), gap, expected) else {
                throw broken("what stands behind a member's data differs from its record in the zip file's directory")
            }
        } else {
            guard (header.crc, header.packed, header.unpacked) == (expected.crc, expected.packed, expected.unpacked) else {
                throw broken("a member's lengths or checksum differ from those in the zip file's directory")
            }
            guard gap == 0 else { throw broken("there are bytes between two members that belong to none") }
        }
    }

    /// A data descriptor, with or without its signature, with lengths of 32 or 64 bits (APPNOTE 4.3.9).
    private static func isDescriptor(
        _ window: FileWindow, at offset: Int64, _ count: Int, _ expected: ZipRecord.Header
    ) throws(ArchiveError) -> Bool {
        guard [12, 16, 20, 24].contains(count) else { return false }
        let bytes = try window.bytes(at: offset, count: count)
        guard bytes.count == count else { return false }
        let isSigned = count == 16 || count == 24
        if isSigned && bytes.little32(0) != 0x0807_4B50 { return false }
        let body = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(isSigned ? 4 : 0))
        guard body.little32(0) == expected.crc else { return false }
        if body.count == 12 {
            return UInt64(body.little32(4)) == expected.packed && UInt64(body.little32(8)) == expected.unpacked
        }
        return body.little64(4) == expected.packed && body.little64(12) == expected.unpacked
    }
}
