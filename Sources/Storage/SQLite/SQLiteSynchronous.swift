/// SQLite's `synchronous` setting (https://www.sqlite.org/pragma.html#pragma_synchronous).
package enum SQLiteSynchronous: String, Sendable, CaseIterable {
    /// An acknowledged write survives power loss.
    case full
    /// Survives a crash of the process; the last commits may be lost with power.
    case normal

    /// The number the pragma reports.
    var number: Int { self == .full ? 2 : 1 }
}
