package import Storage

/// Reads one task of a tenant. A task of another tenant is not there.
package enum ReadTask {
    /// Everything about a task; nil when the tenant has no such task.
    /// - Parameter workflows: with it the task of a node shows what the node is given, as far as that is known.
    package static func detail(
        _ id: Int64, tenant: String, _ workflows: Workflows? = nil, on connection: any Connection
    ) throws -> TaskDetail? {
        guard let found = try head(id, tenant: tenant, connection) else { return nil }
        let rows = try attempts(of: id, tenant: tenant, connection)
        var shown: ReadNodeInput.Shown?
        if let workflows, let node = found.node { shown = try ReadNodeInput.shown(node, tenant: tenant, workflows, on: connection) }
        return found.detail(
            attempts: rows.map(\.detail) + [found.unwrittenAttempt(after: rows.last?.claim)].compactMap(\.self), shown: shown)
    }

    /// What a client polls for; nil when the tenant has no such task. One statement, three lookups by key.
    package static func status(_ id: Int64, tenant: String, on connection: any Connection) throws -> TaskStatus? {
        try connection.row(
            """
            SELECT t.state, r.output, t.error_code, t.error_message, g.fraction, g.message, g.updated_at
            FROM tasks AS t
            LEFT JOIN task_results AS r ON r.task_id = t.id
            LEFT JOIN task_progress AS g ON \(fragment: progressOfLastAttempt)
            WHERE t.id = \(id) AND t.tenant = \(tenant)
            """
        ) { row in
            let output = StoredOutput(row.textOrNil(1))
            return TaskStatus(
                id: id, state: try TaskState(stored: row.text(0)), output: output.text, isResultExpired: output.isExpired,
                error: TaskError(code: row.textOrNil(2), message: row.textOrNil(3)), progress: ProgressDetail(row, from: 4))
        }
    }

    /// Whether the tenant has this task.
    package static func exists(_ id: Int64, tenant: String, on connection: any Connection) throws -> Bool {
        try connection.row("SELECT 1 FROM tasks WHERE id = \(id) AND tenant = \(tenant)") { _ in true } ?? false
    }

    /// Progress of an earlier attempt says nothing about a task that waits for its next one.
    private static let progressOfLastAttempt: SQL =
        "g.task_id = t.id AND g.claim = t.claim AND t.state NOT IN ('waiting', 'scheduled', 'queued')"

    private static func head(_ id: Int64, tenant: String, _ connection: any Connection) throws -> Head? {
        try connection.row(
            """
            SELECT \(fragment: TaskSummary.columns), p.input, p.metadata, t.soft_ms, t.timeout_ms, t.worker, t.cancel_requested_at, t.version,
                t.claim, r.output, w.name, g.fraction, g.message, g.updated_at, t.unique_key, t.expires_at, t.run_id,
                t.node, t.element, t.pending
            FROM tasks AS t
            LEFT JOIN task_payloads AS p ON p.task_id = t.id
            LEFT JOIN task_results AS r ON r.task_id = t.id
            LEFT JOIN workers AS w ON w.id = t.worker
            LEFT JOIN task_progress AS g ON \(fragment: progressOfLastAttempt)
            WHERE t.id = \(id) AND t.tenant = \(tenant)
            """, Head.init)
    }

    private static func attempts(
        of id: Int64, tenant: String, _ connection: any Connection
    ) throws -> [(claim: Int64, detail: AttemptDetail)] {
        try connection.rows(
            """
            SELECT a.claim, a.attempt, a.worker, w.name, a.started_at, a.finished_at, a.outcome, a.error_code, a.error_message
            FROM attempts AS a
            JOIN tasks AS t ON t.id = a.task_id AND t.tenant = \(tenant)
            LEFT JOIN workers AS w ON w.id = a.worker
            WHERE a.task_id = \(id) ORDER BY a.claim
            """
        ) { row in
            let detail = AttemptDetail(
                number: Int(row.int(1)), worker: row.int(2), workerName: row.textOrNil(3), startedAt: row.int(4), finishedAt: row.int(5),
                outcome: AttemptOutcome(rawValue: row.text(6)), error: TaskError(code: row.textOrNil(7), message: row.textOrNil(8)))
            return (row.int(0), detail)
        }
    }
}

/// A task without its attempts.
private struct Head {
    let summary: TaskSummary
    let input: String
    let metadata: String?
    let softMilliseconds: Int64?
    let timeoutMilliseconds: Int64?
    let worker: Int64?
    let cancelRequestedAt: Int64?
    let version: Int64
    let claim: Int64
    let output: StoredOutput
    let workerName: String?
    let progress: ProgressDetail?
    let uniqueKey: String?
    let expiresAt: Int64?
    let node: TaskNode?

    init(_ row: Row) throws {
        let first = TaskSummary.columnCount
        summary = try TaskSummary(row)
        input = row.textOrNil(first) ?? "{}"
        metadata = row.textOrNil(first + 1)
        softMilliseconds = row.intOrNil(first + 2)
        timeoutMilliseconds = row.intOrNil(first + 3)
        worker = row.intOrNil(first + 4)
        cancelRequestedAt = row.intOrNil(first + 5)
        version = row.int(first + 6)
        claim = row.int(first + 7)
        output = StoredOutput(row.textOrNil(first + 8))
        workerName = row.textOrNil(first + 9)
        progress = ProgressDetail(row, from: first + 10)
        uniqueKey = row.textOrNil(first + 13)
        expiresAt = row.intOrNil(first + 14)
        node = TaskNode(row, from: first + 15)
    }

    /// The attempt that the task itself stands for: it runs, or it succeeded at the first try. Nil when the attempt's own row
    /// was written, which is then the last one, or there was none.
    func unwrittenAttempt(after lastClaim: Int64?) -> AttemptDetail? {
        guard let startedAt = summary.startedAt, lastClaim != claim else { return nil }
        switch summary.state {
        case .running, .succeeded:
            return AttemptDetail(
                number: summary.attempt, worker: worker, workerName: workerName, startedAt: startedAt, finishedAt: summary.finishedAt,
                outcome: summary.state == .running ? nil : .succeeded, error: nil)
        case .waiting, .scheduled, .queued, .failed, .cancelled, .skipped: return nil
        }
    }

    /// - Parameter shown: what a node is given; an element has an input of its own.
    func detail(attempts: [AttemptDetail], shown: ReadNodeInput.Shown?) -> TaskDetail {
        TaskDetail(
            summary: summary, node: node, nodeName: shown?.node, input: (node?.element == nil ? shown?.input : nil) ?? input,
            output: output.text, isResultExpired: output.isExpired, metadata: metadata,
            uniqueKey: uniqueKey, expiresAt: expiresAt, softMilliseconds: softMilliseconds,
            timeoutMilliseconds: timeoutMilliseconds, worker: worker, cancelRequestedAt: cancelRequestedAt, version: version,
            progress: progress, attempts: attempts)
    }
}

/// A result as it is stored: absent, expired or JSON.
private struct StoredOutput {
    let text: String?
    let isExpired: Bool

    /// - Parameter stored: empty once it has expired (``ExpireResults``), nil when there is none.
    init(_ stored: String?) {
        isExpired = stored?.isEmpty == true
        text = isExpired ? nil : stored
    }
}

extension ProgressDetail {
    /// Three columns of a joined row: fraction, message, time; nil when there is no such row.
    init?(_ row: Row, from column: Int) {
        guard let updatedAt = row.intOrNil(column + 2) else { return nil }
        self.init(fraction: row.doubleOrNil(column), message: row.textOrNil(column + 1), updatedAt: updatedAt)
    }
}
