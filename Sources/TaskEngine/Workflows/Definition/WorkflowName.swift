/// A workflow as clients name it: `name`, or `name@version`.
package struct WorkflowName: Sendable, Equatable, CustomStringConvertible {
    /// Name of the workflow.
    package let name: String
    /// From 1; nil for the latest.
    package let version: Int?

    /// Nil for a text that is no such name.
    package init?(_ text: String) {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard WorkflowParser.isWorkflowName(String(parts[0])) else { return nil }
        name = String(parts[0])
        guard parts.count == 2 else {
            version = nil
            return
        }
        guard parts[1].utf8.count <= 9, parts[1].utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let version = Int(parts[1]), version > 0
        else { return nil }
        self.version = version
    }

    package var description: String { version.map { "\(name)@\($0)" } ?? name }
}
