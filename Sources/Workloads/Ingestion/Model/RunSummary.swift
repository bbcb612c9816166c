/// What a whole upload held.
struct RunSummary: Sendable, Encodable {
    /// `tar`, `gzip`, `zip`, …; `conf` for a file on its own.
    var format: String
    var fileCount = 0
    var stanzaCount = 0
    var settingCount = 0
    var problemCount = 0
    /// Members that were left out, by reason.
    var omitted: [String: Int] = [:]

    /// The task's result.
    enum CodingKeys: String, CodingKey {
        case format
        case fileCount = "file_count"
        case stanzaCount = "stanza_count"
        case settingCount = "setting_count"
        case problemCount = "problem_count"
        case omitted
    }
}
