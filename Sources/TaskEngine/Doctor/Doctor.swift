package import Storage

/// Proves the engine's invariants over a database that is in use: every unfinished task has exactly one owner of its next step,
/// numbers and history agree, what is kept twice says the same, nothing hangs in the air.
///
/// Reads in slices, each a short transaction of its own, so that it neither stops writers nor keeps the write-ahead log from
/// being reused. What looks wrong is looked at again after a pause: a system at work is between two states now and then, and
/// only what is wrong twice is told. Changes nothing.
package struct Doctor: Sendable {
    /// What an examination found.
    package struct Report: Sendable, Equatable {
        /// Seen twice; at most ``Doctor/mostFindings``.
        package var findings: [Finding] = []
        /// Whether there was more than is listed.
        package var hasMore = false
        /// Tasks that were looked at.
        package var tasks = 0

        /// Nothing is wrong.
        package var isClean: Bool { findings.isEmpty }

        package init() {}
    }

    /// Tasks in one read.
    package static let slice = 20_000
    /// Findings after which an examination stops to collect.
    package static let mostFindings = 1_000

    private let database: any Database
    private let checks: [DoctorCheck]
    private let now: @Sendable () -> Int64
    private let pause: @Sendable () async throws -> Void

    /// - Parameters:
    ///   - checks: what workloads want to be looked at besides.
    ///   - retention: what ended longer ago than this may be gone.
    ///   - now: microseconds since 1970.
    ///   - pause: what passes between the two looks; by default a second.
    package init(
        database: any Database, checks: [DoctorCheck] = [], retention: Retention = Retention(),
        now: @escaping @Sendable () -> Int64 = EngineClock.system.now,
        pause: @escaping @Sendable () async throws -> Void = { try await Task.sleep(for: .seconds(1)) }
    ) {
        self.database = database
        self.checks = Self.ownChecks + [.schedules(keeping: retention.shortest)] + checks
        self.now = now
        self.pause = pause
    }

    private static let ownChecks: [DoctorCheck] = fewChecks + [.runs, .tasks]
    private static let fewChecks: [DoctorCheck] = [
        .whole { try PlatformChecks.look(now: $0, on: $1) },
        .keys(columns: 3) { try KeyChecks.uniqueKeys(after: $0, limit: $1, on: $2) },
        .keys(columns: 4) { try KeyChecks.requests(after: $0, limit: $1, on: $2) },
        .artifacts,
    ]

    /// Looks at everything.
    /// - Throws: ``StorageError``; `CancellationError` when cancelled between two slices.
    package func examine() async throws -> Report {
        var report = Report()
        var suspects: [(finding: Finding, again: DoctorCheck.Look)] = []
        for check in checks where !report.hasMore { suspects += try await firstLook(check, &report, found: suspects.count) }
        guard !suspects.isEmpty else { return report }
        try await pause()
        report.findings = try await secondLook(suspects)
        return report
    }

    /// Everything at once, in the caller's transaction, once: for databases with fewer tasks and keys than ``slice``.
    package static func look(now: Int64, on connection: any Connection) throws -> [Finding] {
        var findings = try look(0...Int64.max, now: now, on: connection)
        for check in fewChecks + [.runs, .schedules(keeping: nil)] { findings += try check.slice([], now, connection).findings }
        return findings
    }

    /// What is checked of tasks, over one range, in the caller's transaction.
    static func look(_ range: ClosedRange<Int64>, now: Int64, on connection: any Connection) throws -> [Finding] {
        var findings = try TaskRowChecks.look(range, now: now, on: connection) + HistoryChecks.look(range, on: connection)
        findings += try LabelChecks.look(range, on: connection)
        for table in OrphanChecks.Table.allCases { findings += try OrphanChecks.look(range, in: table, on: connection) }
        return findings
    }

    private func firstLook(
        _ check: DoctorCheck, _ report: inout Report, found: Int
    ) async throws -> [(finding: Finding, again: DoctorCheck.Look)] {
        var suspects: [(finding: Finding, again: DoctorCheck.Look)] = []
        var place: DoctorCheck.Place? = []
        while let from = place {
            try Task.checkCancellation()
            let now = now()
            let slice = try await database.read { connection in
                try DoctorSlices.prepare(connection)
                return try check.slice(from, now, connection)
            }
            report.tasks += slice.tasks
            suspects += slice.findings.map { ($0, slice.again($0)) }
            if found + suspects.count > Self.mostFindings {
                report.hasMore = true
                return Array(suspects.prefix(Self.mostFindings - found))
            }
            place = slice.next
        }
        return suspects
    }

    private func secondLook(_ suspects: [(finding: Finding, again: DoctorCheck.Look)]) async throws -> [Finding] {
        var confirmed: [Finding] = []
        for suspect in suspects {
            try Task.checkCancellation()
            let now = now()
            let seen = try await database.read { try suspect.again(now, $0) }
            confirmed += seen.filter { $0.isAbout(suspect.finding) && !confirmed.contains($0) }
        }
        return confirmed
    }
}
