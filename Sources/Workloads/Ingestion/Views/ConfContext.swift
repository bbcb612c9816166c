/// For whom Splunk merges the copies of a configuration file: the global context, or that of an app and its user.
struct ConfContext: Sendable, Equatable {
    /// The app whose context it is; nil is the global context.
    let app: String?
    /// Whose own settings come first; nil is nobody. Only with an app.
    let user: String?

    /// Where the copies of a file come from, as far as precedence goes.
    struct Place: Sendable, Equatable {
        let layer: ConfProvenance.Layer?
        let app: String?
        let scope: ConfProvenance.Scope?
        let user: String?
        let tree: String?
    }

    /// Trees under `etc` that are live on a cluster peer, which gets them from its manager.
    static let peerTrees = ["slave-apps", "peer-apps"]
    /// The app of a peer's tree whose local half comes before all others.
    private static let peerApp = "_cluster"

    /// How strong a copy is; nil when it takes no part in this context.
    /// - Parameter file: the copy's id. Of two at the same place, which an archive may hold, the later one counts.
    func rank(_ place: Place, file: Int64) -> ConfRank? {
        guard place.scope != .metadata else { return nil }
        // A file that was uploaded on its own has no place, and is all there is.
        guard let layer = place.layer else { return ConfRank(step: .unplaced, file: file) }
        let half: ConfRank.Half = place.scope == .local ? .local : .default
        return if let app { rank(layer, place, half, file, in: app) } else { globalRank(layer, place, half, file) }
    }

    private func globalRank(_ layer: ConfProvenance.Layer, _ place: Place, _ half: ConfRank.Half, _ file: Int64) -> ConfRank? {
        let name = place.app ?? ""
        switch (layer, place.tree) {
        case (.user, _): return nil
        case (.system, _): return ConfRank(step: half == .local ? .systemLocal : .systemDefault, file: file)
        case (.app, nil): return ConfRank(step: half == .local ? .appLocal : .appDefault, app: name, file: file)
        case (.app, let tree?) where Self.peerTrees.contains(tree):
            guard half == .local else { return ConfRank(step: .peerDefault, app: name, file: file) }
            return ConfRank(step: name == Self.peerApp ? .clusterLocal : .peerLocal, app: name, file: file)
        case (.app, _): return nil
        }
    }

    private func rank(
        _ layer: ConfProvenance.Layer, _ place: Place, _ half: ConfRank.Half, _ file: Int64, in current: String
    ) -> ConfRank? {
        guard place.tree == nil else { return nil }
        let name = place.app ?? ""
        switch layer {
        case .user: return isMine(place, current) ? ConfRank(step: .user, file: file) : nil
        case .system: return ConfRank(step: half == .local ? .systemLocalLast : .systemDefault, file: file)
        case .app where ExactText(name) == ExactText(current):
            return ConfRank(step: half == .local ? .currentLocal : .currentDefault, file: file)
        case .app: return ConfRank(step: .otherApps, app: name, half: half, file: file)
        }
    }

    private func isMine(_ place: Place, _ current: String) -> Bool {
        guard let user, let owner = place.user, let app = place.app else { return false }
        return ExactText(owner) == ExactText(user) && ExactText(app) == ExactText(current)
    }
}
