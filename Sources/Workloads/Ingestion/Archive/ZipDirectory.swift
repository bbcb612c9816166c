/// The central directory of a zip file, read record by record from its beginning to its end.
final class ZipDirectory {
    private let window: FileWindow
    private let end: ZipEnd
    private var offset: UInt64
    private var count: UInt64 = 0

    init(_ file: ArchiveFile, _ end: ZipEnd) {
        window = FileWindow(file, pieceBytes: 64 << 10)
        self.end = end
        offset = end.directoryOffset
    }

    /// The next record; nil when there were as many as the end record says, and the directory is used up.
    func next() throws(ArchiveError) -> ZipRecord? {
        if offset == end.directoryEnd {
            guard count == end.entries else {
                throw broken("the zip file says that it has \(end.entries) members, and its directory lists \(count)")
            }
            return nil
        }
        let left = end.directoryEnd - offset
        guard left >= UInt64(ZipRecord.fixedBytes) else { throw broken("the zip file's directory ends within a record") }
        let fixed = try window.bytes(at: Int64(offset), count: ZipRecord.fixedBytes)
        guard fixed.count == ZipRecord.fixedBytes, fixed.little32(0) == ZipRecord.signature else {
            throw broken("the zip file's directory holds something that is no record")
        }
        let length = ZipRecord.length(fixed)
        guard left >= UInt64(length) else { throw broken("the zip file's directory ends within a record") }
        let bytes = try window.bytes(at: Int64(offset), count: length)
        guard bytes.count == length, let record = ZipRecord(bytes) else {
            throw broken("a record of the zip file's directory lacks its 64-bit numbers, or is of another part")
        }
        offset += UInt64(length)
        count += 1
        return record
    }

    private func broken(_ message: String) -> ArchiveError {
        ArchiveError(.damaged, message, position: Int64(offset))
    }

    /// Where every member begins, ascending. The first must begin with the file, and no two at the same place.
    static func starts(_ file: ArchiveFile, _ end: ZipEnd, _ budget: ArchiveBudget) throws(ArchiveError) -> [UInt64] {
        let directory = ZipDirectory(file, end)
        var starts: [UInt64] = []
        // No more room than the directory can fill: the count is only a claim.
        starts.reserveCapacity(Int(min(end.entries, (end.directoryEnd - end.directoryOffset) / UInt64(ZipRecord.fixedBytes))))
        var isSorted = true
        while let record = try directory.next() {
            isSorted = isSorted && starts.last ?? 0 <= record.offset
            starts.append(record.offset)
            if starts.count % 4096 == 0 { try budget.check(unpacked: 0, position: 0) }
        }
        if !isSorted { starts.sort() }
        guard starts.first ?? 0 == 0, starts.last ?? 0 < end.directoryOffset || starts.isEmpty else {
            throw ArchiveError(.damaged, "the zip file's directory points to places where no members can be", position: 0)
        }
        for index in starts.indices.dropFirst() where starts[index] == starts[index - 1] {
            throw ArchiveError(.damaged, "two members of the zip file are in the same place", position: Int64(starts[index]))
        }
        return starts
    }
}
