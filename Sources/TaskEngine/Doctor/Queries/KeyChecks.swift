import Storage

/// Unique keys and keys of requests, in the order of their primary keys.
enum KeyChecks {
    typealias Part = (findings: [Finding], last: DoctorCheck.Place?)

    /// A key is held by a task that has it. One whose task is gone is there for its window, and then the pruner's business.
    static func uniqueKeys(after: DoctorCheck.Place, limit: Int, on connection: any Connection) throws -> Part {
        let (tenant, type, key) = (text(after[0]), text(after[1]), text(after[2]))
        let rows = try connection.rows(
            """
            SELECT s.tenant, s.type, s.unique_key, s.task_id, CASE WHEN s.fits IS NULL AND s.until > 0 THEN 1 ELSE s.fits END FROM (
                SELECT k.tenant, k.type, k.unique_key, k.task_id, k.until, (
                    SELECT CASE WHEN t.tenant = k.tenant AND t.type = k.type AND t.unique_key = k.unique_key THEN 1 ELSE 0 END
                    FROM tasks AS t WHERE t.id = k.task_id) AS fits
                FROM unique_keys AS k WHERE (k.tenant, k.type, k.unique_key) > (\(tenant), \(type), \(key))
                ORDER BY k.tenant, k.type, k.unique_key LIMIT \(limit)) AS s
            ORDER BY s.tenant, s.type, s.unique_key
            """
        ) { (key: [$0.text(0), $0.text(1), $0.text(2)], task: $0.int(3), fits: $0.intOrNil(4)) }
        let findings = rows.compactMap { row in row.fits == 1 ? nil : uniqueKey(row.key, row.task, isGone: row.fits == nil) }
        return (findings, rows.count < limit ? nil : rows.last.map { $0.key.map { .text($0) } })
    }

    private static func uniqueKey(_ key: [String], _ task: Int64, isGone: Bool) -> Finding {
        let subject = "unique key '\(key[2])' of \(key[1]) and tenant \(key[0])"
        let delete =
            "DELETE FROM unique_keys WHERE tenant = \(quoted(key[0])) AND type = \(quoted(key[1])) AND unique_key = \(quoted(key[2]))"
        return isGone
            ? Finding(
                .orphan, subject: subject, "the \(subject) is held by task \(task), which does not exist",
                repair: delete + " AND task_id = \(task)")
            : Finding(
                .uniqueKeyBroken, subject: subject, "the \(subject) is held by task \(task), which has another one",
                repair: "-- if no unfinished task has it: \(delete) AND task_id = \(task)")
    }

    /// The empty answer is there inside the transaction that carries a request out, and never committed.
    static func requests(after: DoctorCheck.Place, limit: Int, on connection: any Connection) throws -> Part {
        let rows = try connection.rows(
            """
            SELECT i.tenant, i.subject, i.route, i.idem_key, CASE i.answer WHEN '' THEN 0 ELSE 1 END FROM idempotency_keys AS i
            WHERE (i.tenant, i.subject, i.route, i.idem_key) > (\(text(after[0])), \(text(after[1])), \(text(after[2])), \(text(after[3])))
            ORDER BY i.tenant, i.subject, i.route, i.idem_key LIMIT \(limit)
            """
        ) { (key: [$0.text(0), $0.text(1), $0.text(2), $0.text(3)], isAnswered: $0.bool(4)) }
        let findings = rows.filter { !$0.isAnswered }.map { row in
            Finding(
                .requestUnanswered, subject: "request '\(row.key[3])' to \(row.key[2]) by \(row.key[1]) of tenant \(row.key[0])",
                "a request is marked as carried out, and what it led to is not known: its sender is answered as if it were new",
                repair:
                    "DELETE FROM idempotency_keys WHERE tenant = \(quoted(row.key[0])) AND subject = \(quoted(row.key[1])) AND route = \(quoted(row.key[2])) AND idem_key = \(quoted(row.key[3])) AND answer = ''"
            )
        }
        return (findings, rows.count < limit ? nil : rows.last.map { $0.key.map { .text($0) } })
    }

    private static func text(_ value: SQLValue) -> String {
        guard case .text(let text?) = value else { return "" }
        return text
    }

    /// For people to run; nothing here does.
    private static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "''") + "'" }
}
