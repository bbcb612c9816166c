import Logging
import Storage
import TaskEngine

/// The handler of `ingest.parse_run`: detects what was uploaded, has it read under a new generation, and makes that the
/// run's result in the commit that records the task's success.
///
/// Runs on a handler thread and blocks it. May be interrupted at any point, by a crash as well: an attempt shares nothing
/// with the one before.
struct RunParser: Sendable {
    let database: any Database
    let blobs: BlobStore
    let limits: IngestionLimits
    let clock: EngineClock
    let logger: Logger

    /// - Returns: what was read, the task's result.
    /// - Throws: ``TaskFailure`` `permanent` when the upload cannot be read by anyone; what may go away is tried again.
    func parse(_ input: ParseRun, _ context: TaskContext) async throws -> RunSummary {
        let begun = try await begin(input.runID, context)
        do {
            let summary = try await read(begun, context)
            try await finish(input.runID, begun.generation, summary, context)
            return summary
        } catch {
            logger.debug("an attempt at a run has ended", metadata: ["run": "\(input.runID)", "error": "\(error)"])
            await abandon(begun.generation)
            throw IngestionFailure.of(error)
        }
    }

    private func begin(_ run: Int64, _ context: TaskContext) async throws -> BeginGeneration.Begun {
        let (task, tenant, now) = (context.id, context.tenant, clock.now())
        let result = try await database.write {
            // An upload may be one small file: take few ids at first.
            try BeginGeneration.begin(run: run, task: task, tenant: tenant, idCount: 256, now: now, on: $0)
        }
        switch result {
        case .begun(let begun): return begun
        case .unknownRun: throw IngestionFailure.unknownRun(run)
        case .superseded(let task): throw IngestionFailure.superseded(by: task)
        }
    }

    private func read(_ begun: BeginGeneration.Begun, _ context: TaskContext) async throws -> RunSummary {
        let path = blobs.path(of: begun.blob)
        let format = try ArchiveFormat.detect(path: path)
        let writer = GenerationWriter(database: database, generation: begun.generation, ids: begun.ids)
        var reading = RunReading(format: format, type: begun.type, limits: limits, writer: writer, context: context)
        do {
            if let format {
                guard begun.type != .singleConf else { throw IngestionFailure.notSingleFile(format) }
                try await reading.readArchive(path)
            } else {
                try await readFile(path, begun, &reading)
            }
        } catch {
            await reading.stop()
            throw error
        }
        return reading.summary
    }

    private func readFile(_ path: String, _ begun: BeginGeneration.Begun, _ reading: inout RunReading) async throws {
        let file = try ArchiveFile(path: path)
        guard file.size <= limits.archive.memberBytes else { throw IngestionFailure.fileTooLarge(limits.archive.memberBytes) }
        var contents = GrowingBytes(capacity: Int(file.size))
        try file.read(at: 0, count: Int(file.size), into: &contents)
        // What was sent as an archive and is none may be one with a broken head: it must at least look like configuration.
        guard begun.type == .singleConf || Self.looksLikeConfiguration(contents.bytes) else { throw IngestionFailure.notAnArchive }
        try await reading.readFile(contents.bytes, name: begun.filename)
    }

    private static func looksLikeConfiguration(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let isUTF16 = bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF])
        guard isUTF16 || (bytes.firstIndex(ofByte: 0) == nil && UTF8Check.firstInvalidOffset(in: bytes) == nil) else { return false }
        var stanzas = ConfStanzaReader(bytes)
        return stanzas.next() != nil
    }

    private func finish(_ run: Int64, _ generation: Int64, _ summary: RunSummary, _ context: TaskContext) async throws {
        try context.checkCancellation()
        let isCurrent = try await database.write { try WriteRows.normalized(run: run, generation: generation, on: $0) }
        guard isCurrent else { throw GenerationWriter.Abandoned() }
        context.progress(1, message: "\(summary.stanzaCount) stanzas in \(summary.fileCount) files")
        let now = clock.now()
        context.complete { try ShowGeneration.show(generation, run: run, summary: summary, now: now, on: $0) }
    }

    /// Nobody would see the rows in any case; this lets them be deleted sooner.
    private func abandon(_ generation: Int64) async {
        do { try await database.write { try AbandonGeneration.abandon(generation, on: $0) } } catch {
            logger.warning("a generation could not be abandoned; the sweep does it later", metadata: ["error": "\(error)"])
        }
    }
}
