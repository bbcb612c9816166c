import Storage

/// Gives up what attempts have written that will never be shown.
///
/// Nothing depends on when this happens, or whether: such rows are not seen by anyone.
enum AbandonGeneration {
    /// The attempt that writes this generation has ended without a result.
    static func abandon(_ generation: Int64, on connection: any Connection) throws {
        try connection.execute("UPDATE run_generations SET state = 'abandoned' WHERE id = \(generation) AND state = 'writing'")
    }

    /// Attempts that died, or ended without saying so: the task does not run any more.
    static func abandonDead(on connection: any Connection) throws {
        try connection.execute(
            """
            UPDATE run_generations SET state = 'abandoned'
            WHERE state = 'writing'
                AND NOT EXISTS (SELECT 1 FROM tasks AS t WHERE t.id = run_generations.task_id AND t.state = 'running')
            """)
    }
}
