/// From when to when a server has run without a crash: what it takes to trust a transaction id.
///
/// A crash gives back the ids of transactions of which nothing had reached the disk, and the recovered server hands them
/// out again. `pg_xact_status` then tells what became of the other transaction [an acknowledged write was lost in 2 of 25
/// crashes under load]. Recovery writes a checkpoint before anybody may connect, and that is how it is recognised here.
struct PostgresServerLife {
    /// Where the last checkpoint lies in the log.
    let checkpoint: String
    /// Whether nothing ran beside that checkpoint: it was made at a shutdown or after a recovery.
    let isCheckpointAtRest: Bool
    /// No id from this one on had been given out at the checkpoint.
    let nextTransactionID: UInt64
    /// Changes when a standby becomes the primary.
    let timeline: String

    /// Asks the server. Nil when it does not tell this user.
    init?(_ session: PostgresSession) {
        let query = """
            SELECT checkpoint_lsn, (checkpoint_lsn = redo_lsn)::int, next_xid,
                CASE WHEN pg_is_in_recovery() THEN 'standby' ELSE left(pg_walfile_name(pg_current_wal_lsn()), 8) END
            FROM pg_control_checkpoint()
            """
        guard let result = session.roundTrip([.plain(query)]).results.first else { return nil }
        let row = result.read(row: 0) { (checkpoint: $0.text(0), isAtRest: $0.bool(1), nextID: $0.text(2), timeline: $0.text(3)) }
        // Epoch and number, `0:1234`.
        let parts = row.nextID.split(separator: ":").compactMap { UInt64($0) }
        guard parts.count == 2 else { return nil }
        checkpoint = row.checkpoint
        isCheckpointAtRest = row.isAtRest
        nextTransactionID = parts[0] << 32 | parts[1]
        timeline = row.timeline
    }

    /// What can be said about transaction `id`, begun on a connection made when the server's life was `former`, when the
    /// server now says that a transaction of this id is committed.
    func verdict(onCommitted id: UInt64, since former: PostgresServerLife) -> PostgresCommitInquiry.Answer {
        // A new primary that had not received ours may have given the id to another.
        guard timeline == former.timeline else { return .unknown }
        // No checkpoint, so no recovery either.
        if checkpoint == former.checkpoint { return .committed }
        // The id, or a later one, was in the log that recovery read, so it was not given out again.
        if nextTransactionID > id { return .committed }
        // Recovered without a trace of it: the committed one is another. A checkpoint beside running transactions only
        // began before the id was given out.
        return isCheckpointAtRest ? .aborted : .committed
    }
}
