package import Storage

/// Proves the engine's invariants over a database that is in use: every unfinished task has exactly one owner of its next step,
/// numbers and history agree, nothing hangs in the air.
///
/// Reads in slices, each a short transaction of its own, so that it neither stops writers nor keeps the write-ahead log from
/// being reused. What looks wrong is looked at again after a pause: a system at work is between two states now and then, and
/// only what is wrong twice is told. Changes nothing.
package struct Doctor: Sendable {
    /// What an examination found.
    package struct Report: Sendable, Equatable {
        /// Seen twice, by code and task; at most ``Doctor/mostFindings``.
        package var findings: [Finding] = []
        /// Whether there was more than is listed.
        package var hasMore = false
        /// Tasks that were looked at.
        package var tasks = 0

        /// Nothing is wrong.
        package var isClean: Bool { findings.isEmpty }
    }

    /// Tasks in one read.
    package static let slice = 20_000
    /// Findings after which an examination stops to collect.
    package static let mostFindings = 1_000

    private let database: any Database
    private let now: @Sendable () -> Int64
    private let pause: @Sendable () async throws -> Void

    /// - Parameters:
    ///   - now: microseconds since 1970.
    ///   - pause: what passes between the two looks; by default a second.
    package init(
        database: any Database, now: @escaping @Sendable () -> Int64 = EngineClock.system.now,
        pause: @escaping @Sendable () async throws -> Void = { try await Task.sleep(for: .seconds(1)) }
    ) {
        self.database = database
        self.now = now
        self.pause = pause
    }

    /// Looks at everything.
    /// - Throws: ``StorageError``; `CancellationError` when cancelled between two slices.
    package func examine() async throws -> Report {
        var report = Report()
        let suspects = try await firstLook(&report)
        guard !suspects.isEmpty else { return report }
        try await pause()
        report.findings = try await secondLook(suspects)
        return report
    }

    /// All checks over one range, in the caller's transaction.
    package static func look(_ range: ClosedRange<Int64>, now: Int64, on connection: any Connection) throws -> [Finding] {
        var findings = try TaskRowChecks.look(range, now: now, on: connection) + HistoryChecks.look(range, on: connection)
        for table in OrphanChecks.Table.allCases { findings += try OrphanChecks.look(range, in: table, on: connection) }
        return findings
    }

    private func firstLook(_ report: inout Report) async throws -> [Finding] {
        var suspects: [Finding] = []
        var last: Int64? = 0
        while let after = last {
            try Task.checkCancellation()
            let now = now()
            let seen = try await database.read { connection -> (range: ClosedRange<Int64>, findings: [Finding], count: Int) in
                let next = try DoctorSlices.next(after: after, count: Self.slice, on: connection)
                // Behind the last task there may still be rows of tasks that are gone.
                let range = next ?? after + 1...Int64.max
                let count = next == nil ? 0 : try DoctorSlices.count(range, on: connection)
                return (range, try Self.look(range, now: now, on: connection), count)
            }
            report.tasks += seen.count
            suspects += seen.findings
            if suspects.count > Self.mostFindings {
                report.hasMore = true
                return Array(suspects.prefix(Self.mostFindings))
            }
            last = seen.range.upperBound == Int64.max ? nil : seen.range.upperBound
        }
        return suspects
    }

    private func secondLook(_ suspects: [Finding]) async throws -> [Finding] {
        var confirmed: [Finding] = []
        for suspect in suspects {
            try Task.checkCancellation()
            let now = now()
            let seen = try await database.read { try Self.look(suspect.task...suspect.task, now: now, on: $0) }
            confirmed += seen.filter { $0.code == suspect.code && !confirmed.contains($0) }
        }
        return confirmed
    }
}
