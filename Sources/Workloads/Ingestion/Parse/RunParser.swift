import Logging
import Storage
import TaskEngine

/// The handler of `ingest.parse_run`: detects what was uploaded, has it read, and makes that the run's result in the commit
/// that records the task's success.
///
/// May be interrupted at any point, by a crash as well. What is true then:
/// - before the begin is committed: nothing has happened;
/// - while rows are written: they are invisible, whole up to the cursor that went with the last piece, and the next attempt
///   goes on behind it after it has deleted what is behind it;
/// - after the last piece, also when the run says `normalized`: the next attempt reads the archive through, writes no rows but
///   the keys of the files anew, and shows the result;
/// - after the success is committed: the result is shown.
struct RunParser: Sendable {
    /// Raised whenever a change of the parser makes other rows of the same bytes.
    static let rules = 1

    let database: any Database
    let blobs: BlobStore
    let limits: IngestionLimits
    /// The program's version: another one does not resume what this one began.
    let version: String
    let clock: EngineClock
    let logger: Logger

    /// - Returns: what was read, the task's result.
    /// - Throws: ``TaskFailure`` `permanent` when the upload cannot be read by anyone; what may go away is tried again.
    func parse(_ input: ParseRun, _ context: TaskContext) async throws -> RunSummary {
        let begun = try await begin(input.runID, context)
        do {
            try await dropPartial(begun, context)
            let summary = try await read(begun, context)
            try await writeFileKeys(begun.hold, summary, context)
            try await finish(input.runID, begun.hold, summary, context)
            return summary
        } catch {
            logger.debug("an attempt at a run has ended", metadata: ["run": "\(input.runID)", "error": "\(error)"])
            let failure = IngestionFailure.of(error)
            if case TaskFailure.permanent = failure { await abandon(begun.hold) }
            throw failure
        }
    }

    private func begin(_ run: Int64, _ context: TaskContext) async throws -> BeginGeneration.Begun {
        let (task, tenant, now) = (context.id, context.tenant, clock.now())
        let reading = limits.reading(version: "\(version)/\(Self.rules)")
        let result = try await database.write {
            // An upload may be one small file: take few ids at first.
            try BeginGeneration.begin(run: run, task: task, tenant: tenant, reading: reading, idCount: 256, now: now, on: $0)
        }
        switch result {
        case .begun(let begun): return begun
        case .unknownRun: throw IngestionFailure.unknownRun(run)
        case .superseded(let task): throw IngestionFailure.superseded(by: task)
        }
    }

    /// Deletes what the attempt before has stored of a member that it did not finish.
    private func dropPartial(_ begun: BeginGeneration.Begun, _ context: TaskContext) async throws {
        guard let partial = begun.partial else { return }
        _ = try await DropGeneration.dropAll(partial, in: database, while: { !Task.isCancelled })
        try context.checkCancellation()
    }

    private func read(_ begun: BeginGeneration.Begun, _ context: TaskContext) async throws -> RunSummary {
        let path = blobs.path(of: begun.blob)
        let format = try ArchiveFormat.detect(path: path)
        let cursor =
            begun.cursor ?? ParseCursor(wholeID: begun.hold.generation, summary: RunSummary(format: format?.rawValue ?? "conf"))
        let names = try await unwrittenNames(begun.hold.generation, cursor)
        let writer = GenerationWriter(database: database, hold: begun.hold, ids: begun.ids, cursor: cursor, names: names)
        let recorder = RunRecorder(limits: limits, writer: writer, summary: cursor.summary, context: context)
        let reading = RunReading(type: begun.type, limits: limits, context: context, lastMember: cursor.member)
        guard let format else { return try await reading.readFile(path, name: begun.filename, recorder) }
        guard begun.type != .singleConf else { throw IngestionFailure.notSingleFile(format) }
        return try await reading.readArchive(path, recorder)
    }

    /// Names of stanzas that the attempt before has stored without them: those of the segment that it was filling, and of
    /// the one before it.
    private func unwrittenNames(_ generation: Int64, _ cursor: ParseCursor) async throws -> UnwrittenNames {
        var names = UnwrittenNames(from: cursor.firstUnnamed)
        guard cursor.member > 0 else { return names }
        let stored = try await database.read { try StoredNames.read(generation, from: cursor.firstUnnamed, to: cursor, on: $0) }
        for (name, segment) in stored { names.append(name, segment: segment) }
        return names
    }

    private func writeFileKeys(_ hold: GenerationHold, _ summary: RunSummary, _ context: TaskContext) async throws {
        for (kind, entries) in try await StoredFileKeys.sorted(hold.generation, count: summary.fileCount, in: database) {
            var rest = entries[...]
            while !rest.isEmpty {
                try context.checkCancellation()
                let piece = rest.prefix(WriteFileKeys.piece)
                rest = rest.dropFirst(WriteFileKeys.piece)
                let isCurrent = try await database.write(.staging) { try WriteFileKeys.write(piece, kind, hold, on: $0) }
                guard isCurrent else { throw GenerationWriter.Abandoned() }
            }
        }
    }

    private func finish(_ run: Int64, _ hold: GenerationHold, _ summary: RunSummary, _ context: TaskContext) async throws {
        try context.checkCancellation()
        let isCurrent = try await database.write { try WriteRows.normalized(run: run, hold, on: $0) }
        guard isCurrent else { throw GenerationWriter.Abandoned() }
        context.progress(1, message: "\(summary.stanzaCount) stanzas in \(summary.fileCount) files")
        let now = clock.now()
        context.complete { try ShowGeneration.show(hold, run: run, summary: summary, now: now, on: $0.connection) }
    }

    /// Nobody would see the rows in any case; this lets them be deleted sooner.
    private func abandon(_ hold: GenerationHold) async {
        do { try await database.write { try AbandonGeneration.abandon(hold, on: $0) } } catch {
            logger.warning("a generation could not be abandoned; the sweep does it later", metadata: ["error": "\(error)"])
        }
    }
}
