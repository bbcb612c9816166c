/// The end of a zip file (APPNOTE 4.3.14 to 4.3.16): where its directory is, and how many members it is said to hold.
///
/// The end must be the file's end, there must be one only, and the directory must lie directly before it. So a file with
/// something behind its end, a comment that hides a second end record, and one whose beginning was cut off are told from
/// whole ones before anything is read.
struct ZipEnd {
    /// Members that the central directory is said to hold.
    let entries: UInt64
    /// Offset of the central directory, which is also where the members end.
    let directoryOffset: UInt64
    /// Offset behind the central directory.
    let directoryEnd: UInt64

    static let signature: UInt32 = 0x0605_4B50
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
        let record = try Self.onlyRecord(in: tail, start: start)
        let place = start + Int64(record)
        guard [0, 0xFFFF].contains(tail.little16(record + 4)), [0, 0xFFFF].contains(tail.little16(record + 6)) else {
            throw ArchiveError(.unsupported, "it is one part of a zip file in several parts", position: place)
        }
        var claim = Claim(
            entries: UInt64(tail.little16(record + 10)), size: UInt64(tail.little32(record + 12)),
            offset: UInt64(tail.little32(record + 16)), end: UInt64(place))
        guard tail.little16(record + 8) == tail.little16(record + 10) else { throw Self.contradiction(at: place) }
        let locator = record - Self.locatorBytes
        if locator >= 0 && tail.little32(locator) == 0x0706_4B50 {
            claim = try Self.wide(claim, at: tail.little64(locator + 8), locator: UInt64(start) + UInt64(locator), file)
        }
        let (end, overflow) = claim.offset.addingReportingOverflow(claim.size)
        guard !overflow && end == claim.end else { throw Self.contradiction(at: place) }
        guard claim.entries > 0 || claim.end == 0 else {
            throw ArchiveError(.damaged, "the zip file says that it has no members, and has data", position: place)
        }
        entries = claim.entries
        directoryOffset = claim.offset
        directoryEnd = claim.end
    }

    /// What an end record says, and where it stands.
    private struct Claim {
        var entries: UInt64
        var size: UInt64
        var offset: UInt64
        var end: UInt64
    }

    private static func contradiction(at place: Int64) -> ArchiveError {
        ArchiveError(.damaged, "the zip file's end record and its directory contradict each other", position: place)
    }

    /// The offset of the end record, whose comment reaches to the last byte. A second such record would be another file for
    /// another program.
    private static func onlyRecord(in tail: UnsafeRawBufferPointer, start: Int64) throws(ArchiveError) -> Int {
        var found: Int?
        var last: Int?
        var index = tail.count - recordBytes
        while index >= 0 {
            if tail.little32(index) == signature {
                last = last ?? index
                if index + recordBytes + Int(tail.little16(index + 20)) == tail.count {
                    guard found == nil else {
                        throw ArchiveError(.damaged, "the zip file has two end records", position: start + Int64(index))
                    }
                    found = index
                }
            }
            index -= 1
        }
        if let found { return found }
        if let last {
            throw ArchiveError(.trailingData, "the zip file does not end with its end record", position: start + Int64(last))
        }
        throw ArchiveError(.truncated, "the zip file has no end record: it was cut off", position: start + Int64(tail.count))
    }

    /// Zip64: the numbers that did not fit, in a record of their own directly before its locator. Those that did fit must agree.
    private static func wide(_ claim: Claim, at offset: UInt64, locator: UInt64, _ file: ArchiveFile) throws(ArchiveError) -> Claim {
        var buffer = GrowingBytes()
        if offset < locator { try file.read(at: Int64(offset), count: 56, into: &buffer) }
        let record = buffer.bytes
        guard record.count == 56, record.little32(0) == 0x0606_4B50,
            offset.addingReportingOverflow(record.little64(4)) == (locator - min(locator, 12), false)
        else {
            throw ArchiveError(.damaged, "the zip file's 64-bit end record is not where it should be", position: Int64(locator))
        }
        let wide = Claim(entries: record.little64(32), size: record.little64(40), offset: record.little64(48), end: offset)
        guard claim.entries == 0xFFFF || claim.entries == wide.entries, claim.size == 0xFFFF_FFFF || claim.size == wide.size,
            claim.offset == 0xFFFF_FFFF || claim.offset == wide.offset, record.little64(24) == wide.entries
        else { throw contradiction(at: Int64(locator)) }
        return wide
    }
}
