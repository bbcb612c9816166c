/// Reads the members of an archive one after another, streaming, without writing anything to disk.
///
/// It believes nothing that it can check: `next()` returns nil only if the archive came to a proper end, every checksum that
/// the format has was right (also those of members whose data nobody asked for), and no limit was passed. Everything else
/// throws, and then what was read before is worth nothing. Calls block; run them on a thread that may wait. One owner at a
/// time.
package final class ArchiveReader {
    /// How the file is packed.
    package let format: ArchiveFormat
    /// Size of the file in bytes, for progress.
    package var fileSize: Int64 { file.size }
    /// Bytes of the file read so far.
    package var position: Int64 { members.position }
    /// Members seen so far, rejected ones included.
    package private(set) var entryCount = 0
    /// Bytes unpacked so far.
    package var unpackedBytes: Int64 { members.unpackedBytes }

    private let limits: ArchiveLimits
    private let file: ArchiveFile
    private let budget: ArchiveBudget
    private let members: any MemberStream
    private var buffer = GrowingBytes()
    private var member: ArchiveMember?
    private var isDataTaken = false
    private var paths: Set<UInt64> = []

    /// Opens the archive in a file.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - limits: what it may cost.
    ///   - isCancelled: asked between members and between pieces of data, some 256 KiB; true makes the call at hand throw
    ///     `archive_cancelled`.
    /// - Throws: `not_an_archive`, `archive_io`, or what is wrong with the archive's first bytes (or, in a zip file, with its
    ///   directory).
    package init(path: String, limits: ArchiveLimits = ArchiveLimits(), isCancelled: @escaping () -> Bool) throws(ArchiveError) {
        self.limits = limits
        file = try ArchiveFile(path: path)
        guard let format = try ArchiveFormat.detect(in: file) else { throw try ArchiveFormat.refusal(of: file) }
        self.format = format
        budget = ArchiveBudget(limits, fileSize: file.size, isCancelled: isCancelled)
        switch format {
        case .zip: members = try ZipMembers(file, limits: limits, budget: budget)
        case .tar, .gzip, .bzip2, .xz, .zstd: members = TarMembers(try Self.source(file, format, budget), budget: budget)
        }
    }

    private static func source(
        _ file: ArchiveFile, _ format: ArchiveFormat, _ budget: ArchiveBudget
    ) throws(ArchiveError) -> any ByteSource {
        let bytes = FileSource(file, budget: budget)
        switch format {
        case .gzip: return try GzipSource(bytes)
        case .xz: return try XZSource(bytes)
        case .bzip2, .zstd: return try FilterSource(bytes, format)
        case .tar, .zip: return bytes
        }
    }

    /// The next member; nil when the archive has come to a proper end.
    package func next() throws(ArchiveError) -> ArchiveMember? {
        do throws(ArchiveError) {
            try budget.check(unpacked: unpackedBytes, position: position)
            guard var found = try members.next(index: entryCount + 1) else { return nil }
            entryCount += 1
            guard entryCount <= limits.entries else { throw .tooManyEntries(limits, position: position) }
            if found.kind == .file && found.rejection == nil {
                found.isRepeated = !paths.insert(ArchivePath.identity(of: found.path)).inserted
            }
            member = found
            isDataTaken = false
            return found
        } catch {
            throw placed(error)
        }
    }

    /// Reads all data of the member that ``next()`` returned last. To be called at most once per member, for a file without
    /// ``ArchiveMember/rejection``; otherwise the data is empty.
    package func readData() throws(ArchiveError) -> ArchiveMemberData {
        buffer.removeAll()
        guard let member, member.kind == .file, member.rejection == nil, !isDataTaken else { return .bytes(buffer.bytes) }
        isDataTaken = true
        if let size = member.size, size > Int64(limits.memberBytes) { return .tooLarge }
        do throws(ArchiveError) {
            return try members.read(into: &buffer, limit: limits.memberBytes) ? .bytes(buffer.bytes) : .tooLarge
        } catch {
            throw placed(error)
        }
    }

    /// The error with the member at hand, unless it names one itself.
    private func placed(_ error: ArchiveError) -> ArchiveError {
        var error = error
        error.member = error.member ?? member?.path
        return error
    }
}
