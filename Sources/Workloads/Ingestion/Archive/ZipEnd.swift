/// The end of a zip file (APPNOTE 4.3.14 to 4.3.16): how many members the file says it has.
///
/// libarchive takes the last thing that looks like an end record and is content with what it finds before it: a file with
/// something behind its end, or a comment that hides a second end record, then has no members and no error.
struct ZipEnd {
    /// Members that the central directory is said to hold.
    let entries: UInt64

    private static let recordBytes = 22
    private static let locatorBytes = 20
    private static let longestComment = 0xFFFF

    /// Reads and checks the end of `file`.
    init(_ file: ArchiveFile) throws(ArchiveError) {
        let wanted = Int64(Self.recordBytes + Self.longestComment + Self.locatorBytes)
        let start = max(0, file.size - wanted)
        var buffer = GrowingBytes()
        try file.read(at: start, count: Int(file.size - start), into: &buffer)
        let tail = buffer.bytes
        guard let record = Self.lastRecord(in: tail) else {
            throw ArchiveError(.truncated, "the zip file has no end record: it was cut off", position: file.size)
        }
        guard record + Self.recordBytes + Int(tail.little16(record + 20)) == tail.count else {
            throw ArchiveError(.trailingData, "the zip file does not end with its end record", position: start + Int64(record))
        }
        guard tail.little16(record + 4) == 0 || tail.little16(record + 4) == 0xFFFF else {
            throw ArchiveError(.unsupported, "it is one part of a zip file in several parts", position: start + Int64(record))
        }
        var declared = (
            entries: UInt64(tail.little16(record + 10)), size: UInt64(tail.little32(record + 12)),
            offset: UInt64(tail.little32(record + 16)),
            end: UInt64(start) + UInt64(record)
        )
        let locator = record - Self.locatorBytes
        if locator >= 0 && tail.little32(locator) == 0x0706_4B50 {
            declared = try Self.zip64(at: tail.little64(locator + 8), file)
        }
        let (directoryEnd, overflow) = declared.offset.addingReportingOverflow(declared.size)
        guard !overflow && directoryEnd == declared.end else {
            throw ArchiveError(
                .damaged, "the zip file's end record and its directory contradict each other", position: start + Int64(record))
        }
        guard declared.entries > 0 || declared.end == 0 else {
            throw ArchiveError(.damaged, "the zip file says that it has no members, and has data", position: start + Int64(record))
        }
        entries = declared.entries
    }

    private static func lastRecord(in tail: UnsafeRawBufferPointer) -> Int? {
        var index = tail.count - recordBytes
        while index >= 0 {
            if tail.little32(index) == 0x0605_4B50 { return index }
            index -= 1
        }
        return nil
    }

    private static func zip64(
        at offset: UInt64, _ file: ArchiveFile
    ) throws(ArchiveError) -> (entries: UInt64, size: UInt64, offset: UInt64, end: UInt64) {
        var buffer = GrowingBytes()
        if offset <= UInt64(file.size) { try file.read(at: Int64(offset), count: 56, into: &buffer) }
        let record = buffer.bytes
        guard record.count == 56, record.little32(0) == 0x0606_4B50 else {
            throw ArchiveError(.damaged, "the zip file's 64-bit end record is not where it should be", position: file.size)
        }
        return (record.little64(32), record.little64(40), record.little64(48), offset)
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func little16(_ offset: Int) -> UInt16 {
        UInt16(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt16.self))
    }

    fileprivate func little32(_ offset: Int) -> UInt32 {
        UInt32(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    fileprivate func little64(_ offset: Int) -> UInt64 {
        UInt64(littleEndian: loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
