import Storage
import TaskEngine

/// One attempt at reading an upload: takes its members one by one, parses those that are configuration, and hands the rows
/// to the writer.
struct RunReading {
    /// Problems listed per reason for which members were refused; further ones are only counted.
    static let mostRefusals = 1_000
    /// Longest path in bytes, as on most file systems.
    static let longestPath = 4_096
    /// Members between two reports of progress, for archives in which little is configuration.
    static let progressInterval = 512

    private let type: UploadType
    private let limits: IngestionLimits
    private let context: TaskContext
    private var writer: GenerationWriter
    private(set) var summary: RunSummary

    init(format: ArchiveFormat?, type: UploadType, limits: IngestionLimits, writer: GenerationWriter, context: TaskContext) {
        self.type = type
        self.limits = limits
        self.writer = writer
        self.context = context
        summary = RunSummary(format: format?.rawValue ?? "conf")
    }

    // MARK: - What there is to read

    /// Reads an archive to its proper end.
    /// - Throws: ``ArchiveError`` for whatever is wrong with it: nothing that was read before may be shown then.
    mutating func readArchive(_ path: String) async throws {
        let reader = try ArchiveReader(path: path, limits: limits.archive, isCancelled: { Task.isCancelled })
        while let member = try reader.next() {
            if member.index % Self.progressInterval == 0 { report(reader) }
            try await take(member, reader)
        }
        try await writer.finish()
    }

    /// Reads a file on its own.
    /// - Parameter name: what the client called it.
    mutating func readFile(_ bytes: UnsafeRawBufferPointer, name: String) async throws {
        try await parse(bytes, path: name, provenance: ConfProvenance(singleFile: name), reader: nil)
        try await writer.finish()
    }

    /// Waits for what is being written; to be called when reading has failed.
    mutating func stop() async {
        await writer.drain()
    }

    // MARK: - Members

    private mutating func take(_ member: ArchiveMember, _ reader: ArchiveReader) async throws {
        if let rejection = member.rejection {
            return try await refuse(member.path, rejection.rawValue, rejection.explanation)
        }
        guard member.kind == .file else { return }
        guard member.path.utf8.count <= Self.longestPath else {
            return try await refuse(member.path, ParsedProblem.longPath, "the path is longer than \(Self.longestPath) bytes")
        }
        switch ConfPath(member.path, type: type) {
        case .omitted(let reason):
            summary.omitted[reason.rawValue, default: 0] += 1
        case .configuration(let provenance):
            switch try reader.readData() {
            case .bytes(let bytes):
                try await parse(bytes, path: member.path, provenance: provenance, reader: reader)
            case .tooLarge:
                let rejection = ArchiveMember.Rejection.tooLarge
                try await refuse(member.path, rejection.rawValue, rejection.explanation)
            }
        }
    }

    /// Counts a member that is not read, and tells about it unless there are too many of its kind.
    private mutating func refuse(_ path: String, _ reason: String, _ detail: String) async throws {
        let count = summary.omitted[reason, default: 0] + 1
        summary.omitted[reason] = count
        guard count <= Self.mostRefusals else { return }
        try await add(path: String(path.prefix(Self.longestPath)), line: nil, code: reason, detail: detail)
        summary.problemCount += 1
    }

    // MARK: - Files

    private mutating func parse(
        _ bytes: UnsafeRawBufferPointer, path: String, provenance: ConfProvenance, reader: ArchiveReader?
    ) async throws {
        try await makeRoom(reader)
        var file = ParsedFile(id: writer.nextID(), path: path, size: bytes.count, provenance: provenance)
        let confTypeHash = TextHash.of(provenance.confType)
        var stanzas = ConfStanzaReader(bytes, limits: limits.conf)
        while let stanza = stanzas.next() {
            try await makeRoom(reader)
            let id = writer.nextID()
            file.count(stanza, id: id)
            writer.append(ParsedStanza(id: id, fileID: file.id, confTypeHash: confTypeHash, stanza: stanza))
            summary.stanzaCount += 1
            guard summary.stanzaCount <= limits.stanzas else { throw IngestionFailure.tooManyStanzas(limits.stanzas) }
        }
        for problem in stanzas.problems {
            try await add(path: path, line: problem.line, code: problem.code.rawValue, detail: problem.detail)
        }
        if stanzas.omittedProblems > 0 {
            let detail = "\(stanzas.omittedProblems) further problems of this file are not listed"
            try await add(path: path, line: nil, code: ParsedProblem.more, detail: detail)
        }
        file.problemCount = stanzas.problems.count + stanzas.omittedProblems
        file.ignoredLines = stanzas.ignoredLines
        try await makeRoom(reader)
        writer.append(file)
        summary.count(file)
    }

    private mutating func add(path: String, line: Int?, code: String, detail: String) async throws {
        try await makeRoom(nil)
        writer.append(ParsedProblem(id: writer.nextID(), path: path, line: line, code: code, detail: detail))
    }

    /// Also the place where a cancelled attempt notices it, between two archive calls.
    @inline(__always)
    private mutating func makeRoom(_ reader: ArchiveReader?) async throws {
        if try await writer.makeRoom() {
            try context.checkCancellation()
            if let reader { report(reader) }
        }
    }

    private func report(_ reader: ArchiveReader) {
        let fraction = reader.fileSize > 0 ? Double(reader.position) / Double(reader.fileSize) : nil
        // The last percent is for making it visible.
        context.progress(fraction.map { min($0, 0.99) }, message: "\(summary.stanzaCount) stanzas in \(summary.fileCount) files")
    }
}

extension ParsedFile {
    mutating func count(_ stanza: ConfStanza, id: Int64) {
        if firstStanza == nil { firstStanza = id }
        lastStanza = id
        stanzaCount += 1
        settingCount += stanza.settingCount
    }
}

extension RunSummary {
    mutating func count(_ file: ParsedFile) {
        fileCount += 1
        settingCount += file.settingCount
        problemCount += file.problemCount
    }
}
