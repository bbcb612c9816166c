import Storage

/// Makes a generation the result of its run, in the transaction that records the task's success.
///
/// Before the commit readers see the former result (or none), after it the whole new one; what it replaces is abandoned.
enum ShowGeneration {
    static func show(_ hold: GenerationHold, run: Int64, summary: RunSummary, now: Int64, on connection: any Connection) throws {
        try abandonFormer(run, connection)
        guard try makeVisible(hold, connection) else {
            // The task's fence has let this attempt pass, so no later one can have begun: only a deleted run is left.
            throw StorageError(.other, "the run was deleted while it was read")
        }
        try complete(run, hold.generation, summary, now: now, connection)
    }

    private static func abandonFormer(_ run: Int64, _ connection: any Connection) throws {
        try connection.execute("UPDATE run_generations SET state = 'abandoned' WHERE run_id = \(run) AND state = 'visible'")
    }

    private static func makeVisible(_ hold: GenerationHold, _ connection: any Connection) throws -> Bool {
        try connection.execute(
            """
            UPDATE run_generations SET state = 'visible'
            WHERE id = \(hold.generation) AND state = 'writing' AND writer = \(hold.token)
            """) == 1
    }

    private static func complete(
        _ run: Int64, _ generation: Int64, _ summary: RunSummary, now: Int64, _ connection: any Connection
    ) throws {
        try connection.execute(
            """
            UPDATE runs
            SET status = 'complete', generation = \(generation), format = \(summary.format), file_count = \(summary.fileCount),
                stanza_count = \(summary.stanzaCount), setting_count = \(summary.settingCount), problem_count = \(summary.problemCount),
                omitted = \(summary.omittedJSON), finished_at = \(now)
            WHERE id = \(run)
            """)
    }
}
