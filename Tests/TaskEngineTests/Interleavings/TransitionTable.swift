/// Every function below `Transitions/` that is given a connection, and how it is tried beside the others: a new one without a
/// line here fails a test.
enum TransitionTable {
    enum Entry: Sendable {
        /// By these of ``InterleavedTransition/all``.
        case interleaved([String])
        /// Only as a part of others that are, or as a read; says why.
        case apart(String)
    }

    /// By file and function.
    static let entries: [String: Entry] = [
        "AttemptRow.insert": .apart("the history of rows that the caller holds"),
        "BulkChange.apply": .interleaved(["cancel in bulk", "retry in bulk"]),
        "BulkChange.hold": .apart("the fence of apply"),
        "BulkChange.store": .apart("the end of apply"),
        "Cancel.cancel": .interleaved(["cancel running", "cancel queued", "cancel scheduled"]),
        "Cancel.cancelWaiting": .apart("of rows that cancel in bulk holds"),
        "Cancel.request": .apart("of rows that cancel in bulk holds"),
        "Claim.claim": .interleaved(["turn", "turn of another worker"]),
        "Claim.holdWorker": .interleaved(["turn", "turn of another worker", "completions", "failures and releases"]),
        "Claim.readyQueues": .apart("a read of the turn"),
        "Complete.complete": .interleaved(["turn", "completions", "late answer"]),
        "EndAttempts.end": .interleaved(["turn", "failures and releases"]),
        "Expire.end": .interleaved(["turn"]),
        "Expire.expire": .interleaved(["expire"]),
        "ExpireResults.expire": .interleaved(["expire results"]),
        "IdempotencyKeys.once": .interleaved(["submit once"]),
        "IdempotencyKeys.prune": .interleaved(["prune request keys"]),
        "JournalWrites.insert": .interleaved(["log lines"]),
        "JournalWrites.store": .interleaved(["progress"]),
        "PoolSetup.setLimit": .interleaved(["limit a pool"]),
        "Promote.promote": .interleaved(["promote"]),
        "PruneCandidates.end": .apart("a read"),
        "PruneCandidates.tasks": .apart("a read"),
        "PruneCandidates.results": .apart("a read"),
        "PruneSlice.hasRows": .apart("a step of prune tasks"),
        "PruneSlice.delete": .apart("a step of prune tasks"),
        "PruneSlice.hasLogs": .apart("a step of prune tasks"),
        "PruneSlice.deleteUniqueKeys": .apart("a step of prune tasks"),
        "PruneSlice.deleteTasks": .apart("a step of prune tasks"),
        "PruneTasks.prune": .interleaved(["prune tasks"]),
        "PruneUniqueKeys.step": .apart("a read"),
        "PruneUniqueKeys.prune": .interleaved(["prune unique keys"]),
        "PruneWorkers.prune": .interleaved(["prune workers"]),
        "QueuePauses.setPaused": .interleaved(["pause for a tenant", "pause for another tenant", "resume for a tenant"]),
        "QueueSetup.insertMissing": .interleaved(["insert queues", "insert queues in another order"]),
        "QueueSetup.setPaused": .interleaved(["pause queue"]),
        "Redrive.redrive": .interleaved(["redrive failed", "redrive cancelled"]),
        "Redrive.queue": .apart("of rows that retry in bulk holds"),
        "Rescue.rescue": .interleaved(["rescue", "rescue of a worker known dead"]),
        "Rescue.unfinished": .apart("a read"),
        "Settle.settle": .interleaved(["turn", "completions", "failures and releases"]),
        "Submit.submit": .interleaved(["submit with keys", "submit one key twice", "submit once"]),
        "SubmitRows.insert": .apart("the rows of a submit"),
        "TaskLabels.insert": .apart("the rows of a submit"),
        "UniqueKeys.acquire": .apart("a step of submit and redrive"),
        "WorkerLease.register": .interleaved(["register"]),
        "WorkerLease.beat": .interleaved(["beat"]),
        "WorkerLease.setPools": .interleaved(["tell limits"]),
        "WorkerLease.drain": .interleaved(["drain"]),
        "WorkerLease.stop": .interleaved(["stop"]),
        "WorkerLease.beats": .apart("a read"),
        "WorkerLease.cancelRequests": .apart("a read"),
    ]
}
