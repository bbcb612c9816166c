/// The input of a task type: what a client sends as JSON, decoded before the handler runs.
///
/// ```swift
/// struct ParseRun: TaskParameters {
///     static let taskName = "ingest.parse_run"
///     var runID: Int64
/// }
/// ```
package protocol TaskParameters: Codable, Sendable {
    /// The name it is submitted under, e.g. `ingest.parse_run`. Never changes once tasks of it were submitted.
    static var taskName: String { get }
}
