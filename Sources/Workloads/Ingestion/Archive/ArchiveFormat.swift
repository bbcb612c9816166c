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
        // One whose checksum is wrong is a damaged archive. One without members begins with zeros.
        guard head.count == TarStream.blockBytes else { return nil }
        return TarHeader.hasChecksum(head) || TarHeader.hasMagic(head) || TarStream.isZero(head) ? .tar : nil
    }

    /// Why a file in which ``detect(path:)`` finds no archive cannot be read as one.
    static func refusal(of file: ArchiveFile) throws(ArchiveError) -> ArchiveError {
        var head = GrowingBytes(capacity: 16)
        try file.read(at: 0, count: 16, into: &head)
        return foreignName(head.bytes).map(unsupported)
            ?? ArchiveError(.notAnArchive, "the file is neither a tar nor a zip archive", position: 0)
    }

    /// The name of a kind of archive that is known and cannot be read; nil for anything else.
    static func foreignName(_ head: UnsafeRawBufferPointer) -> String? {
        foreign.first { head.starts(with: $0.1) }?.0
    }

    /// What is said about one of those.
    static func unsupported(_ name: String) -> ArchiveError {
        ArchiveError(.unsupported, "the file is of the kind \(name), which is not read; pack it as tar.gz or zip", position: 0)
    }

    private static let foreign: [(String, [UInt8])] = [
        ("7-Zip", [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]), ("RAR", [0x52, 0x61, 0x72, 0x21, 0x1A, 0x07]), ("cpio", Array("07070".utf8)),
        ("LZ4", [0x04, 0x22, 0x4D, 0x18]), ("lzip", Array("LZIP".utf8)), ("compress", [0x1F, 0x9D]), ("CAB", Array("MSCF".utf8)),
        ("ar", Array("!<arch>\n".utf8)), ("RPM", [0xED, 0xAB, 0xEE, 0xDB]), ("xar", Array("xar!".utf8)),
        ("zip in several parts", [0x50, 0x4B, 0x07, 0x08]),
    ]
}
