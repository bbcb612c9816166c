/// Why a text is not JSON, and where.
package struct JSONSyntaxError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Position of the first byte that does not fit, counted in bytes from 0. Equal to the length of the text when it ends too early.
    package let offset: Int
    /// What is wrong, in words for the client. It never quotes the text.
    package let reason: String

    /// Creates an error at a byte offset.
    package init(offset: Int, reason: String) {
        self.offset = offset
        self.reason = reason
    }

    /// The reason followed by the byte offset.
    package var description: String { "\(reason) at byte \(offset)" }
}
