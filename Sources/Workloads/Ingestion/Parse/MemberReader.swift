import JSONText
import TaskEngine

/// Reads the members of an archive one after another and hands them on in batches, each to whoever parses and, in the same
/// order, to the one who stores.
///
/// An archive can only be read by one: that is this. It blocks its thread while it unpacks, so it runs on a handler's.
struct MemberReader: Sendable {
    /// Longest path in bytes, as on most file systems.
    static let longestPath = 4_096
    /// Files longer than this are parsed where they were unpacked, by the reader itself, instead of being copied: so a large
    /// one is in memory once.
    static let copiedBytes = 1 << 20
    /// Batches, as a cost, that may wait to be stored.
    static let aheadCost = 2 << 20

    let type: UploadType
    let limits: IngestionLimits
    let parser: MemberParser
    /// To the parsers.
    let batches: Handover<MemberBatch>
    /// To the storer.
    let order: Handover<MemberBatch>

    /// Reads an archive to its proper end.
    /// - Parameters:
    ///   - member: members up to this one were stored by an attempt before; they are read (for their checksums) and passed over.
    ///   - passed: told now and then how far the reader is while it passes over members.
    /// - Throws: ``ArchiveError`` for whatever is wrong with it: nothing that was read before may be shown then.
    func readArchive(_ path: String, after member: Int, passed: (_ fraction: Double?) -> Void) async throws {
        let reader = try ArchiveReader(path: path, limits: limits.archive, isCancelled: { Task.isCancelled })
        var batch = MemberBatch()
        while let next = try reader.next() {
            guard next.index > member else {
                if next.index % MemberBatch.mostMembers == 0 { passed(reader.fraction) }
                continue
            }
            try await take(next, reader, &batch)
            if batch.isFull { try await handOn(&batch, reader) }
        }
        if !batch.isEmpty { try await handOn(&batch, reader) }
        finish()
    }

    /// Reads a file on its own.
    /// - Parameter name: what the client called it.
    /// - Throws: ``TaskFailure`` when it is too large or, sent as an archive, does not look like configuration either.
    func readFile(_ path: String, name: String) async throws {
        let file = try ArchiveFile(path: path)
        guard file.size <= limits.archive.memberBytes else { throw IngestionFailure.fileTooLarge(limits.archive.memberBytes) }
        var contents = GrowingBytes(capacity: Int(file.size))
        try file.read(at: 0, count: Int(file.size), into: &contents)
        if let foreign = ArchiveFormat.foreignName(contents.bytes) { throw ArchiveFormat.unsupported(foreign) }
        // What was sent as an archive and is none may be one with a broken head: it must at least look like configuration.
        guard type == .singleConf || Self.looksLikeConfiguration(contents.bytes) else { throw IngestionFailure.notAnArchive }
        try await parseInPlace(
            contents.bytes, path: name, provenance: ConfProvenance(singleFile: name), isRepeated: false, index: 1, fraction: nil)
        finish()
    }

    private static func looksLikeConfiguration(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let isUTF16 = bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
        guard isUTF16 || (bytes.firstIndex(ofByte: 0) == nil && UTF8Check.firstInvalidOffset(in: bytes) == nil) else { return false }
        var stanzas = ConfStanzaReader(bytes)
        return stanzas.next() != nil
    }

    private func finish() {
        batches.finish()
        order.finish()
    }

    // MARK: - Members

    private func take(_ member: ArchiveMember, _ reader: ArchiveReader, _ batch: inout MemberBatch) async throws {
        if let rejection = member.rejection {
            return batch.refuse(member, rejection)
        }
        guard member.kind == .file else { return }
        guard member.path.utf8.count <= Self.longestPath else {
            return batch.refuse(member, ParsedProblem.longPath, "the path is longer than \(Self.longestPath) bytes")
        }
        switch ConfPath(member.path, type: type) {
        case .omitted(let reason):
            batch.append(.omitted(reason.rawValue), index: member.index)
        case .configuration(let provenance):
            switch try reader.readData() {
            case .bytes(let bytes) where bytes.count > Self.copiedBytes:
                if !batch.isEmpty { try await handOn(&batch, reader) }
                try await parseInPlace(
                    bytes, path: member.path, provenance: provenance, isRepeated: member.isRepeated, index: member.index,
                    fraction: reader.fraction)
            case .bytes(let bytes):
                batch.append(
                    path: member.path, provenance: provenance, isRepeated: member.isRepeated, contents: bytes, index: member.index)
            case .tooLarge:
                batch.refuse(member, .tooLarge)
            }
        }
    }

    private func handOn(_ batch: inout MemberBatch, _ reader: ArchiveReader) async throws {
        let full = batch
        batch = MemberBatch()
        full.fraction = reader.fraction
        // The parsers' queue never fills: the order's, which holds the same batches for longer, does first.
        try await batches.put(full, cost: 0)
        try await order.put(full, cost: full.cost)
    }

    private func parseInPlace(
        _ contents: UnsafeRawBufferPointer, path: String, provenance: ConfProvenance, isRepeated: Bool, index: Int, fraction: Double?
    ) async throws {
        let batch = MemberBatch()
        batch.fraction = fraction
        try await order.put(batch, cost: 0)
        try await parser.parse(
            contents, path: path, provenance: provenance, isRepeated: isRepeated, index: index, into: batch.pieces)
    }
}

extension MemberBatch {
    fileprivate func refuse(_ member: ArchiveMember, _ rejection: ArchiveMember.Rejection) {
        refuse(member, rejection.rawValue, rejection.explanation)
    }

    fileprivate func refuse(_ member: ArchiveMember, _ reason: String, _ detail: String) {
        append(.refused(path: member.path.prefix(bytes: MemberReader.longestPath), reason: reason, detail: detail), index: member.index)
    }
}

extension ArchiveReader {
    /// How much of the file was read, 0 … 1; nil when it is empty.
    fileprivate var fraction: Double? { fileSize > 0 ? Double(position) / Double(fileSize) : nil }
}
