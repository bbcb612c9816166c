import JSONText
import Storage

/// Makes a generation the result of its run, in the transaction that records the task's success.
///
/// Before the commit readers see the former result (or none), after it the whole new one; what it replaces is abandoned.
enum ShowGeneration {
    static func show(_ generation: Int64, run: Int64, summary: RunSummary, now: Int64, on connection: any Connection) throws {
        try abandonFormer(run, connection)
        guard try makeVisible(generation, connection) else {
            // The task's fence has let this attempt pass, so no later one can have begun: only a deleted run is left.
            throw StorageError(.other, "the run was deleted while it was read")
        }
        try complete(run, generation, summary, now: now, connection)
    }

    private static func abandonFormer(_ run: Int64, _ connection: any Connection) throws {
        try connection.execute("UPDATE run_generations SET state = 'abandoned' WHERE run_id = \(run) AND state = 'visible'")
    }

    private static func makeVisible(_ generation: Int64, _ connection: any Connection) throws -> Bool {
        try connection.execute("UPDATE run_generations SET state = 'visible' WHERE id = \(generation) AND state = 'writing'") == 1
    }

    private static func complete(
        _ run: Int64, _ generation: Int64, _ summary: RunSummary, now: Int64, _ connection: any Connection
    ) throws {
        try connection.execute(
            """
            UPDATE runs
            SET status = 'complete', generation = \(generation), format = \(summary.format), file_count = \(summary.fileCount),
                stanza_count = \(summary.stanzaCount), setting_count = \(summary.settingCount), problem_count = \(summary.problemCount),
                omitted = \(omitted(summary)), finished_at = \(now)
            WHERE id = \(run)
            """)
    }

    private static func omitted(_ summary: RunSummary) -> String {
        var writer = JSONWriter()
        writer.object { object in
            for (reason, count) in summary.omitted.sorted(by: { $0.key < $1.key }) { object.field(reason, count) }
        }
        return writer.text
    }
}
