import CZlib

/// A member's name in a zip file. UTF-8 if the flag says so, or if it looks so, since many programs write UTF-8 without the
/// flag; else the UTF-8 beside it (extra field 0x7075) if that was made for this name; else code page 437, as the format's
/// description demands (APPNOTE D.1).
struct ZipName {
    let path: String
    /// Why the member must not be used because of its name.
    let rejection: ArchiveMember.Rejection?

    init(_ record: ZipRecord) {
        let bytes = record.name
        let isValid = UTF8Check.firstInvalidOffset(in: bytes) == nil
        if isValid || record.header.isUTF8 {
            path = String(decoding: bytes, as: UTF8.self)
            rejection = isValid ? ArchivePath.rejection(of: path) : .undecodableName
        } else {
            path = Self.unicode(record) ?? CodePage437.text(of: bytes)
            rejection = ArchivePath.rejection(of: path)
        }
    }

    /// Version 1, the CRC-32 of the name that it stands for, and the name in UTF-8.
    private static func unicode(_ record: ZipRecord) -> String? {
        guard let field = ZipRecord.Extra.field(0x7075, in: record.extra), field.count > 5, field[0] == 1 else { return nil }
        let crc = crc32(0, record.name.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(record.name.count))
        let name = UnsafeRawBufferPointer(rebasing: field.dropFirst(5))
        guard UInt(field.little32(1)) == crc, UTF8Check.firstInvalidOffset(in: name) == nil else { return nil }
        return String(decoding: name, as: UTF8.self)
    }
}
