/// One thing that is wrong with a task's input.
package struct InputFault: Sendable, Equatable {
    /// Where: names of members and positions in arrays, from the outside in; empty for the input as a whole.
    package let path: [String]
    /// Goes on from the name of the place: "is required", "must be a string". Holds nothing of the value.
    package let problem: String

    /// A fault at this place.
    package init(_ path: [String], _ problem: String) {
        self.path = path
        self.problem = problem
    }

    /// The place within the input as a JSON pointer (RFC 6901); "" for the input as a whole.
    package var pointer: String {
        path.map { "/" + $0.replacing("~", with: "~0").replacing("/", with: "~1") }.joined()
    }
}
