package import Storage

/// Forgets the counts of runs (``RollUp``) that no statistics ask for any more.
///
/// One transaction deletes a day of one workflow at most. Nothing else writes rows that are so old.
package enum PruneRollUp {
    /// Hours that are kept: more than statistics ever show, which is 30 days.
    package static let keptHours: Int64 = 31 * 24

    /// A workflow of which there are counts.
    package struct Name: Sendable, Equatable {
        let tenant: String
        let workflow: String
        /// The first hour that there is, in hours since 1970.
        var firstHour: Int64
    }

    /// The first hour that is kept at `now`, microseconds since 1970.
    package static func firstKept(now: Int64) -> Int64 { now / 3_600_000_000 - keptHours }

    /// The next workflow in the order of tenants and names, a seek; nil when there is none.
    /// - Parameter last: the one before; nil begins with the first.
    package static func next(after last: Name?, on connection: any Connection) throws -> Name? {
        try connection.row(
            """
            SELECT r.tenant, r.name, r.hour FROM rollup AS r WHERE (r.tenant, r.name) > (\(last?.tenant ?? ""), \(last?.workflow ?? ""))
            ORDER BY r.tenant, r.name, r.hour LIMIT 1
            """
        ) { Name(tenant: $0.text(0), workflow: $0.text(1), firstHour: $0.int(2)) }
    }

    /// Deletes the first day of a workflow's counts, as far as it lies before `end`, in hours since 1970.
    /// - Returns: the first hour that is left; nil when nothing is.
    package static func prune(_ name: Name, before end: Int64, on connection: any Connection) throws -> Int64? {
        try connection.execute(
            """
            DELETE FROM rollup
            WHERE tenant = \(name.tenant) AND name = \(name.workflow) AND hour < \(min(end, name.firstHour + 24))
            """)
        return try connection.row(
            "SELECT r.hour FROM rollup AS r WHERE r.tenant = \(name.tenant) AND r.name = \(name.workflow) ORDER BY r.tenant, r.name, r.hour LIMIT 1"
        ) { $0.int(0) }
    }
}
