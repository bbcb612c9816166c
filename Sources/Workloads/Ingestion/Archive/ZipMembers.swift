/// The members of a zip file, in the order of its central directory.
///
/// A zip file says everything twice, and programs differ in which of the two they believe. Here both must agree: every
/// local header repeats its record of the directory, every member ends where the next one begins, and the last one ends
/// where the directory begins. So no byte belongs to two members or to none, which also ends bombs of overlapping members.
final class ZipMembers: MemberStream {
    private let end: ZipEnd
    private let fileSize: Int64
    private let directory: ZipDirectory
    private let starts: [UInt64]
    private let headers: FileWindow
    private let data: ZipData
    private let budget: ArchiveBudget
    private var rank = 0
    private var dataPending = false
    private var isFinished = false

    private(set) var unpackedBytes: Int64 = 0
    var position: Int64 { isFinished ? fileSize : data.position }

    /// Reads the end of the file, and the directory once through.
    init(_ file: ArchiveFile, limits: ArchiveLimits, budget: ArchiveBudget) throws(ArchiveError) {
        end = try ZipEnd(file)
        guard end.entries <= UInt64(limits.entries) else { throw .tooManyEntries(limits, position: Int64(end.directoryEnd)) }
        fileSize = file.size
        self.budget = budget
        starts = try ZipDirectory.starts(file, end, budget)
        directory = ZipDirectory(file, end)
        headers = FileWindow(file, pieceBytes: 4 << 10)
        data = try ZipData(file)
    }

    func next(index: Int) throws(ArchiveError) -> ArchiveMember? {
        try skipData()
        guard let record = try directory.next() else {
            isFinished = true
            return nil
        }
        let name = ZipName(record)
        do throws(ArchiveError) {
            return try member(record, name, index: index)
        } catch {
            var error = error
            error.member = name.path
            throw error
        }
    }

    private func member(_ record: ZipRecord, _ name: ZipName, index: Int) throws(ArchiveError) -> ArchiveMember {
        let header = record.header
        let start = try begin(record)
        let kind = record.kind
        var rejection = name.rejection
        switch kind {
        case .link: rejection = rejection ?? .link
        case .device: rejection = rejection ?? .device
        case .directory where header.unpacked > 0: rejection = rejection ?? .directoryWithData
        case .file where header.isEncrypted: rejection = rejection ?? .encrypted
        case .file, .directory: break
        }
        // What is encrypted shows neither its length nor its checksum.
        dataPending = !header.isEncrypted
        guard dataPending else { return ArchiveMember(path: name.path, kind: kind, size: nil, index: index, rejection: rejection) }
        guard header.method == 0 || header.method == 8 else {
            throw ArchiveError(.unsupported, "its method of compression (\(Self.method(header.method))) is not supported", position: start)
        }
        try data.begin(header, at: start)
        return ArchiveMember(
            path: name.path, kind: kind, size: Int64(clamping: header.unpacked), index: index, rejection: rejection)
    }

    /// Checks the local header, and that the member ends where the next one begins.
    /// - Returns: where the data begins.
    private func begin(_ record: ZipRecord) throws(ArchiveError) -> Int64 {
        // Nearly always the members lie in the order of the directory.
        if rank >= starts.count || starts[rank] != record.offset { rank = rank(of: record.offset) }
        rank += 1
        let limit = rank < starts.count ? starts[rank] : end.directoryOffset
        let local = try ZipLocalHeader(headers, at: record.offset, limit: limit, record)
        return local.dataStart
    }

    /// The place of `offset` among ``starts``, in which it is.
    private func rank(of offset: UInt64) -> Int {
        var (low, high) = (0, starts.count)
        while low < high {
            let middle = (low + high) / 2
            if starts[middle] < offset { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private static func method(_ number: UInt16) -> String {
        switch number {
        case 9: "deflate64"
        case 12: "bzip2"
        case 14: "LZMA"
        case 93: "Zstandard"
        case 95: "xz"
        case 98: "PPMd"
        default: "number \(number)"
        }
    }

    // MARK: Data

    func read(into out: inout GrowingBytes, limit: Int) throws(ArchiveError) -> Bool {
        while true {
            let piece = try nextPiece()
            if piece.isEmpty { break }
            out.append(piece)
            if out.count > limit { return false }
        }
        dataPending = false
        return true
    }

    /// Every member has a checksum of its own, which only shows when its data is unpacked.
    private func skipData() throws(ArchiveError) {
        guard dataPending else { return }
        while try !nextPiece().isEmpty {}
        dataPending = false
    }

    private func nextPiece() throws(ArchiveError) -> UnsafeRawBufferPointer {
        let piece = try data.next()
        unpackedBytes += Int64(piece.count)
        try budget.check(unpacked: unpackedBytes, position: position)
        return piece
    }
}
