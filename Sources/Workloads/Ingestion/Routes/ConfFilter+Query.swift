import WebCore

extension ConfFilter {
    /// Longest name or path to look for; longer ones exist and cannot be asked for.
    static let mostCharacters = 4_096

    /// Reads what files are asked for: `app`, `layer`, `scope`, `user`, `tree`, `live` and `path`, without `conf_type` and `name`.
    init(files query: inout QueryReader) {
        app = query.string("app", maxLength: Self.mostCharacters)
        layer = query.string("layer", oneOf: ConfProvenance.Layer.allCases.map(\.rawValue)).flatMap(ConfProvenance.Layer.init)
        scope = query.string("scope", oneOf: ConfProvenance.Scope.allCases.map(\.rawValue)).flatMap(ConfProvenance.Scope.init)
        user = query.string("user", maxLength: Self.mostCharacters)
        tree = query.string("tree", maxLength: Self.mostCharacters)
        isLive = query.bool("live")
        path = query.string("path", maxLength: Self.mostCharacters)
    }
}
