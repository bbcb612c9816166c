import Logging
import TaskEngine

/// One attempt at reading an upload, in three stages that run at once:
/// ```
/// MemberReader ─▶ batches of members ─▶ MemberParser, several ─▶ pieces of items ─▶ RunRecorder ─▶ rows, in pieces
///      └──────────────── the same batches, in the order of the archive ─────────────────▲
/// ```
/// What is on the way is bounded: the reader waits for the recorder, and a parser that is ahead of it waits too. Parsers take
/// batches in their order, so the one that the recorder waits for is always being parsed.
///
/// The stages are child tasks of the handler and run on the handlers' threads. The first that fails ends the others.
struct RunReading: Sendable {
    let type: UploadType
    let limits: IngestionLimits
    let context: TaskContext
    /// Members up to this one were stored by an attempt before; 0 when nothing was.
    let lastMember: Int

    /// Reads an archive to its proper end. Everything is written when this returns.
    /// - Throws: ``ArchiveError`` for whatever is wrong with it: nothing that was read before may be shown then.
    func readArchive(_ path: String, _ recorder: RunRecorder) async throws -> RunSummary {
        if lastMember > 0 { context.logger.info("resumed after member \(lastMember)") }
        return try await run(recorder, parsers: limits.parsers) { reader in
            try await reader.readArchive(path, after: lastMember) { fraction in
                context.progress(fraction.map { min($0, 0.99) }, message: "resumed after member \(lastMember)")
            }
        }
    }

    /// Reads a file on its own.
    /// - Parameter name: what the client called it.
    func readFile(_ path: String, name: String, _ recorder: RunRecorder) async throws -> RunSummary {
        // There is one member: it is stored or it is not.
        guard lastMember == 0 else { return recorder.summary }
        return try await run(recorder, parsers: 0) { try await $0.readFile(path, name: name) }
    }

    private func run(
        _ recorder: RunRecorder, parsers: Int, _ read: @escaping @Sendable (MemberReader) async throws -> Void
    ) async throws -> RunSummary {
        let parser = MemberParser(limits: limits.conf)
        let order = Handover<MemberBatch>(capacity: MemberReader.aheadCost)
        // Never full by itself: it holds what waits in the order as well, and that is bounded.
        let batches = Handover<MemberBatch>(capacity: .max)
        let reader = MemberReader(type: type, limits: limits, parser: parser, batches: batches, order: order)
        return try await withThrowingTaskGroup(of: RunSummary?.self) { group in
            group.addTask {
                var recorder = recorder
                return try await recorder.run(order)
            }
            for _ in 0..<parsers {
                group.addTask {
                    try await parser.run(batches)
                    return nil
                }
            }
            group.addTask {
                try await read(reader)
                return nil
            }
            var summary = recorder.summary
            while let result = try await group.next() { if let result { summary = result } }
            return summary
        }
    }
}
