/// One member as the central directory of a zip file describes it (APPNOTE 4.3.12). Its name is a view into the directory's
/// buffer and valid only until the directory is read on.
struct ZipRecord {
    /// What a local header repeats: the two must agree.
    struct Header: Equatable {
        var flags: UInt16
        var method: UInt16
        var crc: UInt32
        var packed: UInt64
        var unpacked: UInt64

        /// Bit 0.
        var isEncrypted: Bool { flags & 0x0001 != 0 }
        /// Bit 3: checksum and sizes stand behind the data.
        var hasDescriptor: Bool { flags & 0x0008 != 0 }
        /// Bit 11.
        var isUTF8: Bool { flags & 0x0800 != 0 }

        /// The sizes that did not fit 32 bits, from the extra field 0x0001, in the order of APPNOTE 4.5.3.
        /// - Returns: what follows them in the field; nil if it is too short for what it should hold, or the extras are malformed.
        mutating func widen(extra: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
            guard var field = Extra.field(0x0001, in: extra) else { return nil }
            for size in [\Header.unpacked, \Header.packed] where self[keyPath: size] == 0xFFFF_FFFF {
                guard field.count >= 8 else { return nil }
                self[keyPath: size] = field.little64(0)
                field = UnsafeRawBufferPointer(rebasing: field.dropFirst(8))
            }
            return field
        }
    }

    static let signature: UInt32 = 0x0201_4B50
    static let fixedBytes = 46

    let header: Header
    let name: UnsafeRawBufferPointer
    /// Further fields, see ``Extra``; as short-lived as the name.
    let extra: UnsafeRawBufferPointer
    /// Offset of the local header.
    let offset: UInt64
    /// Bytes of the whole record.
    let length: Int
    private let madeBy: UInt16
    private let attributes: UInt32

    /// - Parameter bytes: a whole record.
    /// - Returns: nil if its 64-bit numbers are missing, or it is on another disk.
    init?(_ bytes: UnsafeRawBufferPointer) {
        length = Self.length(bytes)
        let nameEnd = Self.fixedBytes + Int(bytes.little16(28))
        name = UnsafeRawBufferPointer(rebasing: bytes[Self.fixedBytes..<nameEnd])
        extra = UnsafeRawBufferPointer(rebasing: bytes[nameEnd..<(nameEnd + Int(bytes.little16(30)))])
        var header = Header(
            flags: bytes.little16(8), method: bytes.little16(10), crc: bytes.little32(16), packed: UInt64(bytes.little32(20)),
            unpacked: UInt64(bytes.little32(24)))
        var offset = UInt64(bytes.little32(42))
        let disk = bytes.little16(34)
        if header.packed == 0xFFFF_FFFF || header.unpacked == 0xFFFF_FFFF || offset == 0xFFFF_FFFF {
            guard let rest = header.widen(extra: extra) else { return nil }
            if offset == 0xFFFF_FFFF {
                guard rest.count >= 8 else { return nil }
                offset = rest.little64(0)
            }
        }
        guard disk == 0 || disk == 0xFFFF else { return nil }
        self.header = header
        self.offset = offset
        madeBy = bytes.little16(4)
        attributes = bytes.little32(38)
    }

    /// Bytes of the record that begins with these ``fixedBytes``.
    static func length(_ bytes: UnsafeRawBufferPointer) -> Int {
        fixedBytes + Int(bytes.little16(28)) + Int(bytes.little16(30)) + Int(bytes.little16(32))
    }

    /// What the member is: by the mode if a Unix made the archive, else by DOS's directory bit; a name that ends in a
    /// separator is a directory in any case.
    var kind: ArchiveMember.Kind {
        if name.last == UInt8(ascii: "/") || name.last == UInt8(ascii: "\\") { return .directory }
        let isUnix = madeBy >> 8 == 3 || madeBy >> 8 == 19
        guard isUnix else { return attributes & 0x10 != 0 ? .directory : .file }
        switch (attributes >> 16) & 0o170000 {
        case 0, 0o100000: return .file
        case 0o040000: return .directory
        case 0o120000: return .link
        default: return .device
        }
    }
}

extension ZipRecord {
    /// Extra fields: id, length, data, again and again.
    enum Extra {
        /// The data of the first field with `id`.
        static func field(_ id: UInt16, in extra: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
            var rest = extra
            while rest.count >= 4 {
                let end = 4 + Int(rest.little16(2))
                guard end <= rest.count else { return nil }
                if rest.little16(0) == id { return UnsafeRawBufferPointer(rebasing: rest[4..<end]) }
                rest = UnsafeRawBufferPointer(rebasing: rest[end...])
            }
            return nil
        }
    }
}
