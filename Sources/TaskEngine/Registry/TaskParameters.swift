/// The input of a task type: what a client sends as JSON, decoded before the handler runs.
///
/// Decoding is Swift's own: a property that a client may leave out is an optional, members that no property names are
/// passed over, and a `Date` is an RFC 3339 text. An input that does not decode is refused when it is submitted; one that another
/// version of the process took fails its task at once (`invalid_input`).
///
/// ```swift
/// struct ParseRun: TaskParameters {
///     static let taskName = "ingest.parse_run"
///     var runID: Int64
/// }
/// ```
public protocol TaskParameters: Codable, Sendable {
    /// The name it is submitted under, e.g. `ingest.parse_run`. Never changes once tasks of it were submitted.
    static var taskName: String { get }
}
