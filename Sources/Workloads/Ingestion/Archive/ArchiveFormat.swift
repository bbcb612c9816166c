/// How a file is packed, told by its first bytes and never by its name.
package enum ArchiveFormat: String, Sendable, CaseIterable {
    /// Plain tar (ustar, pax, GNU, v7).
    case tar
    /// tar in gzip (`.tar.gz`, `.tgz`, `.spl`).
    case gzip
    /// tar in bzip2.
    case bzip2
    /// tar in xz.
    case xz
    /// tar in Zstandard.
    case zstd
    /// zip.
    case zip

    /// Tells the format of a file; nil if it is no archive, which is how a single .conf file is recognised.
    ///
    /// A compressed file counts as an archive whatever is in it; that it holds no tar shows when it is read.
    /// - Throws: ``ArchiveError`` `archive_io` if the file cannot be read.
    package static func detect(path: String) throws(ArchiveError) -> ArchiveFormat? {
        try detect(in: ArchiveFile(path: path))
    }

    static func detect(in file: ArchiveFile) throws(ArchiveError) -> ArchiveFormat? {
        var head = GrowingBytes(capacity: 512)
        try file.read(at: 0, count: 512, into: &head)
        return detect(head: head.bytes)
    }

    private static let magics: [(ArchiveFormat, [UInt8])] = [
        (.gzip, [0x1F, 0x8B]), (.bzip2, [0x42, 0x5A, 0x68]), (.xz, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00]),
        (.zstd, [0x28, 0xB5, 0x2F, 0xFD]),
        (.zip, [0x50, 0x4B, 0x03, 0x04]), (.zip, [0x50, 0x4B, 0x05, 0x06]),
    ]

    private static func detect(head: UnsafeRawBufferPointer) -> ArchiveFormat? {
        if let known = magics.first(where: { head.starts(with: $0.1) }) {
            // "BZh" could begin a text; the fourth byte is the block size.
            if known.0 != .bzip2 || (head.count > 3 && (0x31...0x39).contains(head[3])) { return known.0 }
        }
        return isTarHeader(head) ? .tar : nil
    }

    /// A tar header is known by its checksum, which old formats have too; an archive without members begins with zeros.
    private static func isTarHeader(_ head: UnsafeRawBufferPointer) -> Bool {
        guard head.count == 512 else { return false }
        if head.allSatisfy({ $0 == 0 }) { return true }
        let field = head.slice(148, 156)
        var claimed = 0
        var digits = 0
        for byte in field {
            if (0x30...0x37).contains(byte) {
                claimed = claimed * 8 + Int(byte - 0x30)
                digits += 1
            } else if byte != 0x20 && byte != 0 {
                return false
            } else if digits > 0 {
                break
            }
        }
        var unsigned = 8 * 0x20
        var signed = 8 * 0x20
        for (index, byte) in head.enumerated() where !(148..<156).contains(index) {
            unsigned += Int(byte)
            signed += Int(Int8(bitPattern: byte))
        }
        return digits > 0 && (claimed == unsigned || claimed == signed)
    }
}
