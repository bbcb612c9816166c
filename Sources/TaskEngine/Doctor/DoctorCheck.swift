package import Storage

/// Something that the doctor looks at, in slices that one short read can hold.
package struct DoctorCheck: Sendable {
    /// Where a slice begins, in the order of some index; empty at the beginning.
    package typealias Place = [SQLValue]
    /// Looks at the same rows once more.
    package typealias Look = @Sendable (_ now: Int64, _ connection: any Connection) throws -> [Finding]

    /// What one read found.
    package struct Slice: Sendable {
        /// What looks wrong.
        var findings: [Finding]
        /// Looks at these rows again.
        var again: @Sendable (Finding) -> Look
        /// Where the next slice begins; nil after the last one.
        var next: Place?
        /// Tasks among the rows.
        var tasks: Int

        /// - Parameters:
        ///   - again: given a finding of this slice, the look that tells whether it is still there.
        ///   - next: nil after the last slice.
        ///   - tasks: how many tasks were looked at; 0 when the rows are others.
        package init(_ findings: [Finding], again: @escaping @Sendable (Finding) -> Look, next: Place? = nil, tasks: Int = 0) {
            self.findings = findings
            self.again = again
            self.next = next
            self.tasks = tasks
        }
    }

    /// One slice, from a place on.
    let slice: @Sendable (_ from: Place, _ now: Int64, _ connection: any Connection) throws -> Slice

    /// - Parameter slice: a read of bounded size.
    package init(_ slice: @escaping @Sendable (_ from: Place, _ now: Int64, _ connection: any Connection) throws -> Slice) {
        self.slice = slice
    }

    /// A check that is small enough for one read.
    package static func whole(_ look: @escaping Look) -> DoctorCheck {
        DoctorCheck { _, now, connection in Slice(try look(now, connection), again: { _ in look }) }
    }

    /// All tasks, with what hangs on them.
    static let tasks = DoctorCheck { from, now, connection in
        var after: Int64 = 0
        if case .int(let id?) = from.first { after = id }
        let part = try DoctorSlices.next(after: after, count: Doctor.slice, on: connection)
        // Behind the last task there may still be rows of tasks that are gone.
        let range = part?.range ?? after + 1...Int64.max
        return Slice(
            try Doctor.look(range, now: now, on: connection),
            again: { finding in
                let id = finding.task ?? 0
                return { try Doctor.look(id...id, now: $0, on: $1) }
            },
            next: part.map { [.int($0.range.upperBound)] }, tasks: part?.count ?? 0)
    }

    /// All schedules.
    /// - Parameter period: tasks are kept for as long; nil looks for none that are gone.
    static func schedules(keeping period: Duration?) -> DoctorCheck {
        DoctorCheck { from, now, connection in
            let look: Look = { now, connection in
                try ScheduleChecks.look(after: from, now: now, keptSince: period?.before(now), on: connection).findings
            }
            let part = try ScheduleChecks.look(after: from, now: now, keptSince: period?.before(now), on: connection)
            return Slice(part.findings, again: { _ in look }, next: part.last)
        }
    }

    /// All runs that have not ended, with their nodes.
    static let runs = DoctorCheck { from, _, connection in
        let after: Int64 = if case .int(let id?) = from.first { id } else { 0 }
        let plans = WorkflowPlans()
        let part = try RunChecks.look(above: after, plans, on: connection)
        return Slice(
            part.findings, again: { _ in { _, connection in try RunChecks.look(above: after, plans, on: connection).findings } },
            next: part.last.map { [.int($0)] })
    }

    /// All artifacts.
    static let artifacts = DoctorCheck { from, _, connection in
        let part = try ArtifactChecks.look(after: from, on: connection)
        return Slice(
            part.findings, again: { _ in { _, connection in try ArtifactChecks.look(after: from, on: connection).findings } },
            next: part.last)
    }

    /// All keys of one table, in the order of its primary key.
    static func keys(
        columns: Int,
        _ look: @escaping @Sendable (_ after: Place, _ limit: Int, any Connection) throws -> (findings: [Finding], last: Place?)
    ) -> DoctorCheck {
        DoctorCheck { from, _, connection in
            let start = from.isEmpty ? Place(repeating: .text(""), count: columns) : from
            let part = try look(start, Doctor.slice, connection)
            return Slice(
                part.findings, again: { _ in { _, connection in try look(start, Doctor.slice, connection).findings } }, next: part.last)
        }
    }
}
