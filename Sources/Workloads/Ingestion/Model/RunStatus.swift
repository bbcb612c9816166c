/// How far a run is. `runs.status` holds the words from `stored` on (CHECK constraint).
package enum RunStatus: String, Sendable, CaseIterable {
    /// Kept for clients that filter by it; an upload is stored before its run exists, so no run is ever pending.
    case pending
    /// Waits for a slot, or to be tried again.
    case stored
    /// The archive is being read.
    case parsing
    /// Everything is read and written, and about to be shown.
    case normalized
    case complete
    case failed
    case cancelled
}
