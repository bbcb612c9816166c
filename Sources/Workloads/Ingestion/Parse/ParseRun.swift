import TaskEngine

/// Input of `ingest.parse_run`: reads an upload and makes what it holds the result of a run.
struct ParseRun: TaskParameters {
    static let taskName = "ingest.parse_run"

    let runID: Int64

    enum CodingKeys: String, CodingKey {
        case runID = "run_id"
    }

    /// The submit of a run's task.
    static func request(run: Int64) -> SubmitRequest {
        SubmitRequest(type: taskName, input: #"{"run_id":\#(run)}"#)
    }
}
