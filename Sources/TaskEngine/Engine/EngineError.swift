/// Why an engine ended by itself. The process's exit code follows from it.
package struct EngineError: Error, Sendable, CustomStringConvertible {
    /// The reasons there are.
    package enum Code: Sendable {
        /// Too many handlers outlived their hard limit: only a new process gets their threads back (exit 75).
        case tooManyAbandonedHandlers
        /// A newer process migrated the database beyond this binary (exit 78).
        case schemaTooNew
    }

    /// What the exit code follows from.
    package let code: Code
    /// One sentence for the operator.
    package let description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }
}
