/// A task type that cannot be registered: a mistake in the program, said at start instead of when the first task is submitted.
package struct RegistrationError: Error, Sendable, CustomStringConvertible {
    /// One sentence for the programmer.
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}

extension TaskTypeOptions {
    static let longestName = 200

    /// What makes no sense about a type of this name with these options.
    func faults(of name: String) -> [String] {
        var faults = ([name] + aliases).filter { !Self.isName($0) }.map {
            "'\($0)' is no name for a task type: 1 to \(Self.longestName) printable ASCII characters without blanks"
        }
        if let retry, !(0...1000).contains(retry.maxRetries) || retry.base < .zero || retry.cap < .zero {
            faults.append("the task type '\(name)' has a retry strategy that makes no sense: 0 to 1000 retries, delays of 0 or more")
        }
        if let softLimit, softLimit <= .zero { faults.append("the task type '\(name)' has a soft limit of no time") }
        if let timeout, timeout <= .zero { faults.append("the task type '\(name)' has a timeout of no time") }
        if let fault = isolation.fault { faults.append("the task type '\(name)' has an isolation that makes no sense: \(fault)") }
        return faults
    }

    private static func isName(_ text: String) -> Bool {
        (1...longestName).contains(text.utf8.count) && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
    }
}
