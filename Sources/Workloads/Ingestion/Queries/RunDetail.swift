import Storage
import TaskEngine

/// A run as clients see it.
struct RunDetail: Sendable {
    let id: Int64
    let uploadID: Int64
    let taskID: Int64
    let status: RunStatus
    let format: String?
    let fileCount: Int64
    let stanzaCount: Int64
    let settingCount: Int64
    let problemCount: Int64
    /// JSON object, nil until there is a result.
    let omitted: String?
    let error: TaskError?
    /// While it is read.
    let fraction: Double?
    let progressMessage: String?
    let createdAt: Int64
    let startedAt: Int64?
    let finishedAt: Int64?

    /// The status follows from the task as long as its row exists, so that it is right whatever died when. `r` is the run,
    /// `t` its task, which may be missing.
    static let status: SQL = """
        CASE WHEN t.state IS NULL OR t.state = 'succeeded' THEN r.status
            WHEN t.state = 'failed' THEN 'failed'
            WHEN t.state IN ('cancelled', 'skipped') THEN 'cancelled'
            WHEN t.state = 'running' THEN CASE WHEN r.status = 'normalized' THEN 'normalized' ELSE 'parsing' END
            ELSE 'stored' END
        """

    /// What ``init(_:)`` decodes, in its order. `g` is the task's progress.
    static let columns: SQL = """
        r.id, r.upload_id, r.task_id, \(fragment: status), r.format, r.file_count, r.stanza_count, r.setting_count, r.problem_count, r.omitted,
        CASE WHEN t.id IS NULL THEN r.error_code WHEN t.state = 'failed' THEN t.error_code END,
        CASE WHEN t.id IS NULL THEN r.error_message WHEN t.state = 'failed' THEN t.error_message END,
        g.fraction, g.message, r.created_at, COALESCE(t.started_at, r.started_at),
        CASE WHEN t.id IS NULL THEN r.finished_at ELSE t.finished_at END
        """

    static let joins: SQL = """
        LEFT JOIN tasks AS t ON t.id = r.task_id
        LEFT JOIN task_progress AS g ON g.task_id = t.id AND g.claim = t.claim AND t.state = 'running'
        """

    init(_ row: Row) throws {
        guard let status = RunStatus(rawValue: row.text(3)) else { throw StorageError(.corrupt, "unknown run status \(row.text(3))") }
        id = row.int(0)
        uploadID = row.int(1)
        taskID = row.int(2)
        self.status = status
        format = row.textOrNil(4)
        fileCount = row.int(5)
        stanzaCount = row.int(6)
        settingCount = row.int(7)
        problemCount = row.int(8)
        omitted = row.textOrNil(9)
        error = row.textOrNil(10).map { TaskError(code: $0, message: row.text(11)) }
        fraction = row.doubleOrNil(12)
        progressMessage = row.textOrNil(13)
        createdAt = row.int(14)
        startedAt = row.intOrNil(15)
        finishedAt = row.intOrNil(16)
    }
}
