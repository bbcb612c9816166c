/// A setting that stops the start. The message names the variable, what is wrong with it and what would be right.
package struct SettingsError: Error, Sendable, CustomStringConvertible, Equatable {
    /// One line for the operator, without secrets.
    package let description: String

    /// An error with this message.
    package init(_ description: String) {
        self.description = description
    }

    init(_ name: SettingName, _ value: String, expected: String) {
        description = "\(name.rawValue)=\(name.isSecret ? "…" : value) is not \(expected)"
    }
}
