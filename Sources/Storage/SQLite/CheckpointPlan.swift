/// When committed pages are moved from the WAL into the database file, decided by how long the WAL has become. Pure: told
/// what has happened, it says what to do next.
///
/// A checkpoint beside the writer never makes it wait, and under constant writing never reaches the end of the WAL either;
/// but only a WAL that was moved to its end is begun anew. So past ``foldPages`` bulk writes are held back until a checkpoint
/// has come to an end between two of the engine's writes; if these come too close for that, the writer moves the rest. The WAL
/// then stays a file of one size whose blocks are used again and again: in one that grows, or that is cut off after it has
/// grown, a commit also waits for the file system's own journal [2.6 ms instead of 0.6; 80 ms after cutting off 200 MiB].
package struct CheckpointPlan {
    /// New pages (4 KiB) after which the WAL is moved, beside the writer; below that it is left alone. Commits wait for the disk
    /// while it takes what was moved, so little is moved at a time; with much less, pages that change often are moved too often
    /// [beside a large ingestion, submit to start p99 25 and 26 ms with 1 << 8, 15 and 18 so, 20 and 21 with 1 << 10, 22 with 2 << 10].
    package static let movePages = 1 << 9
    /// Length at which the WAL is to be moved to its end, without waiting for readers.
    package static let foldPages = 24 << 10
    /// Length at which the writer also waits for readers that keep the WAL from being begun anew.
    package static let restartPages = 64 << 10

    /// Checkpoints in a row that try to come to the end beside the writer, before it is asked: meanwhile bulk writes wait, and
    /// when it is asked all writes do [11 ms beside a large ingestion, at worst 26].
    package static let mostRounds = 4

    /// What the writer is asked for, between two transactions.
    package enum WriterStep: Equatable, Sendable {
        /// Move what is left without waiting for anybody.
        case fold
        /// The same, and wait for readers.
        case restart
    }

    /// What follows on a checkpoint beside the writer.
    package enum Next: Equatable, Sendable {
        /// Nothing, until the WAL has grown.
        case wait
        /// Another at once, and no bulk write until an answer that is not this one.
        case again
        /// The writer's step.
        case ask(WriterStep)
    }

    /// Nothing is begun while false.
    package var isRunning = false
    private var isMoving = false
    /// Pages in the WAL at the last commit.
    private var length = 0
    /// Of these, how many the last checkpoint has looked at.
    private var seen = 0
    /// Checkpoints since the last that was not followed by another.
    private var rounds = 0

    package init() {}

    /// A transaction was committed; `pages` are in the WAL now.
    /// - Returns: whether they are to be moved, beside the writer. One at a time: ``moved()`` ends it.
    package mutating func committed(pages: Int) -> Bool {
        length = pages
        // The WAL was begun anew.
        if length < seen { seen = 0 }
        guard isRunning, !isMoving, length - seen >= Self.movePages else { return false }
        isMoving = true
        return true
    }

    /// A checkpoint beside the writer has ended.
    /// - Parameter pages: the length of the WAL when it began, all of which it has looked at; nil when it failed: it is tried
    ///   again when the WAL has grown further.
    package mutating func moved(pages: Int?) -> Next {
        seen = pages ?? length
        rounds += 1
        let hasRest = length >= Self.foldPages && length > seen
        if hasRest, rounds < Self.mostRounds { return .again }
        rounds = 0
        isMoving = false
        // When nothing is left the next commit begins the WAL anew, unless a reader is in the way.
        return length >= Self.restartPages ? .ask(.restart) : hasRest ? .ask(.fold) : .wait
    }
}
