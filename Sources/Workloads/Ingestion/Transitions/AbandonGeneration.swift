import Storage

/// Gives up what attempts have written that will never be shown.
///
/// Nothing depends on when this happens, or whether: such rows are not seen by anyone.
enum AbandonGeneration {
    /// The attempt that writes this generation has ended, and no later one can make a result of it.
    static func abandon(_ hold: GenerationHold, on connection: any Connection) throws {
        try connection.execute(
            """
            UPDATE run_generations SET state = 'abandoned'
            WHERE id = \(hold.generation) AND state = 'writing' AND writer = \(hold.token)
            """)
    }

    /// Tasks that ended without a result, or are gone. While a task waits for its next attempt, that one goes on with what
    /// is there.
    static func abandonDead(on connection: any Connection) throws {
        try connection.execute(
            """
            UPDATE run_generations SET state = 'abandoned'
            WHERE state = 'writing'
                AND NOT EXISTS (SELECT 1 FROM tasks AS t WHERE t.id = run_generations.task_id AND t.finished_at IS NULL)
            """)
    }
}
