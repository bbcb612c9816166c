import Storage
import TaskEngine

/// Turns what the parsers found into rows in the order of the archive, counts it, and has it written.
///
/// The only stage that knows the run, and a strictly sequential one: ids ascend in the order of the archive, and the cursor
/// that goes with every piece of rows is that of one reading from the start, however often it was interrupted.
struct RunRecorder {
    /// Problems listed per reason for which members were refused; further ones are only counted.
    static let mostRefusals = 1_000

    private let limits: IngestionLimits
    private let context: TaskContext
    private var writer: GenerationWriter
    private(set) var summary: RunSummary
    /// The file whose stanzas come, and the hash that they bear.
    private var file: ParsedFile?
    private var confTypeHash: Int64 = 0
    private var fraction: Double?

    /// - Parameter summary: what the generation holds already.
    init(limits: IngestionLimits, writer: GenerationWriter, summary: RunSummary, context: TaskContext) {
        self.limits = limits
        self.writer = writer
        self.summary = summary
        self.context = context
    }

    /// Records batch after batch until there are no more and everything is written. Nothing is being written any more when
    /// this returns or throws.
    /// - Returns: what the generation holds.
    /// - Throws: ``GenerationWriter/Abandoned``, `CancellationError`, ``StorageError``, `too_many_stanzas`,
    ///   `nothing_readable`.
    mutating func run(_ order: Handover<MemberBatch>) async throws -> RunSummary {
        do {
            while let batch = try await order.take() { try await record(batch) }
            // A result of nothing is right only for an archive that holds nothing.
            if summary.fileCount == 0 && summary.refusedConfiguration > 0 { throw IngestionFailure.nothingReadable(summary) }
            try await writer.finish()
        } catch {
            await writer.drain()
            throw error
        }
        return summary
    }

    private mutating func record(_ batch: MemberBatch) async throws {
        fraction = batch.fraction
        while let piece = try await batch.pieces.take() {
            for item in piece.items { try await record(item) }
        }
        try context.checkCancellation()
        report()
    }

    // MARK: - Items

    private mutating func record(_ item: ParsedItem) async throws {
        switch item {
        case .file(let path, let size, let provenance):
            try await makeRoom()
            file = ParsedFile(id: writer.nextID(), path: path, size: size, provenance: provenance)
            confTypeHash = TextHash.of(provenance.confType)
        case .stanza(let stanza): try await record(stanza)
        case .problem(let line, let code, let detail):
            try await list(path: file?.path ?? "", line: line, code: code, detail: detail)
        case .fileEnd(let problemCount, let ignoredLines): try await endFile(problemCount, ignoredLines)
        case .omitted(let reason): summary.omitted[reason, default: 0] += 1
        case .refused(let path, let reason, let detail): try await refuse(path, reason, detail)
        case .memberEnd(let index): writer.mark(member: index, summary)
        }
    }

    private mutating func record(_ stanza: ConfStanza) async throws {
        try await makeRoom()
        let id = writer.nextID()
        file?.count(stanza, id: id)
        let segment = StanzaSegment.of(summary.stanzaCount)
        writer.append(ParsedStanza(id: id, fileID: file?.id ?? 0, segment: segment, stanza: stanza), confTypeHash: confTypeHash)
        summary.stanzaCount += 1
        guard summary.stanzaCount <= limits.stanzas else { throw IngestionFailure.tooManyStanzas(limits.stanzas) }
    }

    private mutating func endFile(_ problemCount: Int, _ ignoredLines: Int) async throws {
        guard var ended = file else { return }
        file = nil
        ended.problemCount = problemCount
        ended.ignoredLines = ignoredLines
        try await makeRoom()
        writer.append(ended)
        summary.count(ended)
    }

    /// Counts a member that is not read, and tells about it unless there are too many of its kind.
    private mutating func refuse(_ path: String, _ reason: String, _ detail: String) async throws {
        let count = summary.omitted[reason, default: 0] + 1
        summary.omitted[reason] = count
        if path.hasSuffix(".conf") || path.hasSuffix(".meta") { summary.refusedConfiguration += 1 }
        guard count <= Self.mostRefusals else { return }
        try await list(path: path, line: nil, code: reason, detail: detail)
        summary.problemCount += 1
    }

    private mutating func list(path: String, line: Int?, code: String, detail: String) async throws {
        try await makeRoom()
        writer.append(ParsedProblem(id: writer.nextID(), path: path, line: line, code: code, detail: detail))
    }

    /// Also the place where a cancelled attempt notices it.
    @inline(__always)
    private mutating func makeRoom() async throws {
        if try await writer.makeRoom() {
            try context.checkCancellation()
            report()
        }
    }

    private func report() {
        // The last percent is for making it visible.
        context.progress(fraction.map { min($0, 0.99) }, message: "\(summary.stanzaCount) stanzas in \(summary.fileCount) files")
    }
}

extension ParsedFile {
    fileprivate mutating func count(_ stanza: ConfStanza, id: Int64) {
        if firstStanza == nil { firstStanza = id }
        lastStanza = id
        stanzaCount += 1
        settingCount += stanza.settingCount
    }
}

extension RunSummary {
    fileprivate mutating func count(_ file: ParsedFile) {
        fileCount += 1
        settingCount += file.settingCount
        problemCount += file.problemCount
    }
}
