/// What a client looks for in a run's result. Everything is compared exactly; nil does not filter.
struct ConfFilter: Sendable {
    var confType: String?
    var app: String?
    var scope: ConfProvenance.Scope?
    var path: String?
    /// Stanzas only.
    var name: String?

    /// Whether anything about files is asked for.
    var concernsFiles: Bool { confType != nil || app != nil || scope != nil || path != nil }
}
