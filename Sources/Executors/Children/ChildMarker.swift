package import Foundation

/// Tells whose child a process is, or descends from, after parents and groups have gone: a variable in the environment that
/// every program inherits unless it is taken away on purpose.
package struct ChildMarker: Sendable, Equatable {
    /// Not `MILLRACE_`: programs that a handler starts may be Millrace itself, which refuses names that are no settings.
    package static let name = "_MILLRACE_CHILD"

    /// The process that started it.
    package let owner: pid_t
    /// When that was started: pids are used again.
    package let ownerStart: UInt64
    /// Which of its children.
    package let serial: Int

    /// Of a child of this process.
    package init(serial: Int) {
        owner = getpid()
        ownerStart = Self.ownStart
        self.serial = serial
    }

    /// Reads what ``text`` wrote; nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, let owner = pid_t(parts[0]), let start = UInt64(parts[1]), let serial = Int(parts[2]) else { return nil }
        self.owner = owner
        ownerStart = start
        self.serial = serial
    }

    /// The one that a process bears.
    init?(of pid: pid_t) {
        guard let text = ProcessTable.variable(Self.name, of: pid) else { return nil }
        self.init(text)
    }

    /// The variable's value.
    package var text: String { "\(owner):\(ownerStart):\(serial)" }

    /// Whether the process that started it is gone.
    package var isOrphan: Bool { ProcessTable.entry(owner)?.startTime != ownerStart }

    private static let ownStart = ProcessTable.entry(getpid())?.startTime ?? 0
}
