/// What a client looks for in a run's result. Everything is compared exactly; nil does not filter.
struct ConfFilter: Sendable {
    var confType: String?
    var app: String?
    var layer: ConfProvenance.Layer?
    var scope: ConfProvenance.Scope?
    var user: String?
    /// One of the trees that are not live on the host.
    var tree: String?
    /// True: only what is live on the host; false: only what is not.
    var isLive: Bool?
    var path: String?
    /// Stanzas only.
    var name: String?

    /// What finds the fewest files; nil when nothing that is asked for has keys.
    var fileKey: FileKey? {
        if let path { return FileKey(.path, path) }
        if let app { return FileKey(.app, app) }
        return confType.map { FileKey(.confType, $0) }
    }

    /// Whether anything about files is asked for.
    var concernsFiles: Bool {
        confType != nil || app != nil || layer != nil || scope != nil || user != nil || tree != nil || isLive != nil || path != nil
    }
}
