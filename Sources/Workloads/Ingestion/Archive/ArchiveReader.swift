import CArchive

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

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
    package var position: Int64 { tar?.position ?? handle.filePosition }
    /// Members seen so far, rejected ones included.
    package private(set) var entryCount = 0
    /// Bytes unpacked so far.
    package var unpackedBytes: Int64 { max(dataBytes, tar?.count ?? 0) }

    private let limits: ArchiveLimits
    private let file: ArchiveFile
    private let budget: ArchiveBudget
    private let handle: LibArchiveHandle
    private let tar: TarStream?
    private let zipEnd: ZipEnd?
    private var buffer = GrowingBytes()
    private var dataBytes: Int64 = 0
    private var member: ArchiveMember?
    private var dataPending = false

    /// Opens the archive in a file.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - limits: what it may cost.
    ///   - isCancelled: asked between members and between pieces of data, some 256 KiB; true makes the call at hand throw
    ///     `archive_cancelled`.
    /// - Throws: `not_an_archive`, `archive_io`, or what is wrong with the archive's first bytes (or, in a zip file, its last).
    package init(path: String, limits: ArchiveLimits = ArchiveLimits(), isCancelled: @escaping () -> Bool) throws(ArchiveError) {
        self.limits = limits
        file = try ArchiveFile(path: path)
        guard let format = try ArchiveFormat.detect(in: file) else {
            throw ArchiveError(.notAnArchive, "the file is neither a tar nor a zip archive", position: 0)
        }
        self.format = format
        budget = ArchiveBudget(limits, fileSize: file.size, isCancelled: isCancelled)
        handle = try LibArchiveHandle()
        switch format {
        case .zip:
            tar = nil
            let end = try ZipEnd(file)
            zipEnd = end
            // A zip file of nothing but its end record is whole; libarchive does not know it for one.
            if end.entries > 0 {
                archive_read_support_format_zip_seekable(handle.pointer)
                try handle.open(file)
            }
        case .tar, .gzip, .bzip2, .xz, .zstd:
            let stream = TarStream(try Self.source(file, format), budget: budget)
            tar = stream
            zipEnd = nil
            archive_read_support_format_tar(handle.pointer)
            try open(stream)
        }
    }

    private static func source(_ file: ArchiveFile, _ format: ArchiveFormat) throws(ArchiveError) -> any ByteSource {
        switch format {
        case .gzip: try GzipSource(file)
        case .tar, .zip: FileSource(file)
        case .bzip2, .xz, .zstd: try FilterSource(file, format)
        }
    }

    private func open(_ stream: TarStream) throws(ArchiveError) {
        // The stream lives as long as this reader, and libarchive calls back only from calls that this reader makes.
        let context = Unmanaged.passUnretained(stream).toOpaque()
        let opened = archive_read_open(
            handle.pointer, context, nil,
            { _, context, piece in
                guard let context, let piece, let next = Unmanaged<TarStream>.fromOpaque(context).takeUnretainedValue().next() else {
                    return Int(ARCHIVE_FATAL)
                }
                piece.pointee = next.baseAddress
                return next.count
            }, nil)
        guard opened == ARCHIVE_OK else { throw failure() }
    }

    // MARK: Members

    /// The next member; nil when the archive has come to a proper end.
    package func next() throws(ArchiveError) -> ArchiveMember? {
        if zipEnd?.entries == 0 { return nil }
        try skipData()
        try budget.check(unpacked: unpackedBytes, position: position)
        var entry: OpaquePointer?
        let result = archive_read_next_header(handle.pointer, &entry)
        if result == ARCHIVE_EOF {
            try finish()
            return nil
        }
        // ARCHIVE_RETRY lies above ARCHIVE_WARN and means a header that is no header: reading on gives garbage.
        guard result == ARCHIVE_OK || result == ARCHIVE_WARN, let entry else { throw failure() }
        entryCount += 1
        guard entryCount <= limits.entries else {
            throw ArchiveError(.tooManyEntries, "it has more than \(limits.entries) members", position: position)
        }
        let found = Self.describe(entry, index: entryCount)
        member = found
        if result == ARCHIVE_WARN && found.rejection != .undecodableName { throw failure() }
        dataPending = found.kind == .file
        return found
    }

    private static func describe(_ entry: OpaquePointer, index: Int) -> ArchiveMember {
        let name = archive_entry_pathname(entry).map { UnsafeRawBufferPointer(start: $0, count: strlen($0)) }
        let path = name.map { String(decoding: $0, as: UTF8.self) } ?? ""
        let kind = kind(of: entry)
        let isDecodable = name.map { UTF8Check.firstInvalidOffset(in: $0) == nil } ?? false
        var rejection = isDecodable ? ArchivePath.rejection(of: path) : .undecodableName
        switch kind {
        case .link: rejection = rejection ?? .link
        case .device: rejection = rejection ?? .device
        case .file where archive_entry_is_encrypted(entry) != 0: rejection = rejection ?? .encrypted
        case .file, .directory: break
        }
        let size = archive_entry_size_is_set(entry) != 0 ? archive_entry_size(entry) : nil
        return ArchiveMember(path: path, kind: kind, size: size, index: index, rejection: rejection)
    }

    private static func kind(of entry: OpaquePointer) -> ArchiveMember.Kind {
        if archive_entry_hardlink(entry) != nil { return .link }
        // AE_IFREG, AE_IFDIR and AE_IFLNK, which are macros with a cast and do not come over from C.
        switch archive_entry_filetype(entry) {
        case 0o100000: return .file
        case 0o040000: return .directory
        case 0o120000: return .link
        default: return .device
        }
    }

    private func finish() throws(ArchiveError) {
        do throws(ArchiveError) {
            try tar?.finish(endOfMembers: archive_read_header_position(handle.pointer))
        } catch {
            throw placed(error)
        }
        if let zipEnd, zipEnd.entries != UInt64(entryCount) {
            throw ArchiveError(
                .damaged, "the zip file says that it has \(zipEnd.entries) members, and has \(entryCount)", position: position)
        }
    }

    // MARK: Data

    /// Reads all data of the member that ``next()`` returned last. To be called at most once per member, for a file without
    /// ``ArchiveMember/rejection``; otherwise the data is empty.
    package func readData() throws(ArchiveError) -> ArchiveMemberData {
        buffer.removeAll()
        guard dataPending, let member, member.rejection == nil else { return .bytes(buffer.bytes) }
        if let size = member.size, size > Int64(limits.memberBytes) { return .tooLarge }
        while true {
            let wanted = min(max(Int(member.size ?? 0) - buffer.count + 1, 4096), 256 << 10)
            let count = archive_read_data(handle.pointer, buffer.reserve(wanted), wanted)
            guard count >= 0 else { throw failure() }
            if count == 0 { break }
            buffer.commit(count)
            try countData(count)
            // The header lied, or did not say. The rest is read by the next call of next().
            if buffer.count > limits.memberBytes { return .tooLarge }
        }
        dataPending = false
        if let size = member.size, size != Int64(buffer.count) {
            throw ArchiveError(
                .damaged, "its header says \(size) bytes, and there are \(buffer.count)", member: member.path, position: position)
        }
        return .bytes(buffer.bytes)
    }

    /// Reads what is left of a member's data. In a zip file every member has a checksum of its own, which only shows when the
    /// data is unpacked; in a tar stream libarchive skips by itself what passes through our hands anyway.
    private func skipData() throws(ArchiveError) {
        guard dataPending else { return }
        dataPending = false
        guard tar == nil, member?.rejection != .encrypted else { return }
        var block: UnsafeRawPointer?
        var count = 0
        var offset: Int64 = 0
        while true {
            let result = archive_read_data_block(handle.pointer, &block, &count, &offset)
            if result == ARCHIVE_EOF { return }
            guard result == ARCHIVE_OK else { throw failure() }
            try countData(count)
        }
    }

    private func countData(_ count: Int) throws(ArchiveError) {
        dataBytes += Int64(count)
        do throws(ArchiveError) {
            try budget.check(unpacked: dataBytes, position: position)
        } catch {
            throw placed(error)
        }
    }

    /// Why libarchive stopped: the stream's own failure if there is one, since libarchive only knows that it stopped.
    private func failure() -> ArchiveError {
        if let failure = tar?.failure { return placed(failure) }
        var failure = handle.failure(member: member?.path)
        failure.position = position
        return failure
    }

    private func placed(_ error: ArchiveError) -> ArchiveError {
        var error = error
        error.member = member?.path
        return error
    }
}
