/// One thing that is wrong with one field of a request.
package struct FieldProblem: Sendable, Equatable {
    /// Where: a JSON pointer (RFC 6901) into the body such as `/tasks/0/priority`, `""` for the body as a whole, or `?name` for a query parameter.
    package let pointer: String
    /// What is wrong, in words for the client. Never contains the value.
    package let detail: String

    /// Creates a field problem.
    package init(pointer: String, detail: String) {
        self.pointer = pointer
        self.detail = detail
    }
}
