import Synchronization

/// What the last examination found, for everybody in this process who shows it.
package final class DoctorRecord: Sendable {
    /// One examination that ended.
    package struct Entry: Sendable {
        /// What it found.
        package let report: Doctor.Report
        /// When it ended, microseconds since 1970.
        package let at: Int64
        /// How long it took, the pause between its looks included.
        package let duration: Duration

        package init(report: Doctor.Report, at: Int64, duration: Duration) {
            self.report = report
            self.at = at
            self.duration = duration
        }
    }

    private let entry = Mutex<Entry?>(nil)

    package init() {}

    /// Nil until the first examination has ended.
    package var latest: Entry? { entry.withLock { $0 } }

    func store(_ new: Entry) { entry.withLock { $0 = new } }
}
