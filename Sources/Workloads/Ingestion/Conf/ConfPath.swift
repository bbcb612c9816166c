/// Tells from the path of an archive's member whether it is configuration, and of which layer.
package enum ConfPath: Sendable, Equatable {
    /// To be parsed, with this provenance.
    case configuration(ConfProvenance)
    /// To be left out, for this reason.
    case omitted(ConfOmission)

    /// Reads a path as it stands in the archive: with `/` or, from Windows, `\`; with or without `./`, a drive, or
    /// directories before `etc`. Archives of `etc` and of apps are told apart by the paths themselves, and by `type` only
    /// where both readings are possible.
    package init(_ path: String, type: UploadType) {
        let parts = Self.components(of: path)
        guard let file = parts.last else {
            self = .omitted(.notConfiguration)
            return
        }
        if let reason = Self.omissionByName(file, directories: parts.dropLast()) {
            self = .omitted(reason)
            return
        }
        self = Self.classified(Self.anchored(parts, type), file: file)
    }

    // MARK: Finding the layer's root

    /// The directory under `etc` whose apps are live on the host.
    private static let liveApps = "apps"
    /// Directories under `etc` that hold apps for other hosts, or apps that are switched off.
    private static let otherApps: Set = [
        "deployment-apps", "slave-apps", "peer-apps", "master-apps", "manager-apps", "disabled-apps",
    ]

    /// Where a path is read from.
    private enum Anchor {
        /// Components below `etc`.
        case etc(ArraySlice<String>)
        /// Components from the app's directory on.
        case app(ArraySlice<String>)
        /// Nowhere.
        case none
    }

    private static func anchored(_ parts: [String], _ type: UploadType) -> Anchor {
        let isRoot = { (index: Int) -> Bool in index + 1 < parts.count && isTree(parts[index]) }
        if let etc = parts.indices.first(where: { parts[$0] == "etc" && isRoot($0 + 1) }) {
            return .etc(parts[(etc + 1)...])
        }
        // An etc without its name: packed from inside, or under the name of a host.
        if isRoot(0) { return .etc(parts[...]) }
        guard !parts.contains("etc") else { return .none }
        if type != .appBundle && parts.count > 1 && isRoot(1) && !isScope(parts[1]) { return .etc(parts[1...]) }
        return .app(parts[...])
    }

    private static func isTree(_ name: String) -> Bool {
        name == liveApps || otherApps.contains(name) || name == "system" || name == "users" || name == "shcluster"
    }

    private static func isScope(_ name: String) -> Bool {
        name == "default" || name == "local" || name == "metadata"
    }

    // MARK: Reading the layer

    private static func classified(_ anchor: Anchor, file: String) -> ConfPath {
        switch anchor {
        case .none:
            return .omitted(.outsideLayers)
        case .app(let parts):
            if parts.count == 2 {
                // Packed from inside the app's directory: the app has no name here.
                return scoped(parts, file: file) { .init(layer: .app, app: nil, scope: $0, confType: $1) }
            }
            return app(parts, file: file, tree: nil)
        case .etc(let parts):
            guard let root = parts.first else { return .omitted(.outsideLayers) }
            let below = parts.dropFirst()
            switch root {
            case liveApps:
                return app(below, file: file, tree: nil)
            case _ where otherApps.contains(root):
                return app(below, file: file, tree: root)
            case "system":
                return scoped(below, file: file) { .init(layer: .system, app: "system", scope: $0, confType: $1) }
            case "users":
                return user(below, file: file, tree: nil)
            case "shcluster" where below.first == "apps":
                return app(below.dropFirst(), file: file, tree: "shcluster/apps")
            case "shcluster" where below.first == "users":
                return user(below.dropFirst(), file: file, tree: "shcluster/users")
            default:
                return .omitted(.outsideLayers)
            }
        }
    }

    /// `APP/{default,local}/X.conf`, `APP/metadata/{default,local}.meta`.
    private static func app(_ parts: ArraySlice<String>, file: String, tree: String?) -> ConfPath {
        guard let app = parts.first, parts.count >= 3 else { return .omitted(.outsideLayers) }
        return scoped(parts.dropFirst(), file: file) { .init(layer: .app, app: app, scope: $0, confType: $1, tree: tree) }
    }

    /// `USER/APP/local/X.conf`, `USER/APP/metadata/local.meta`; users have no defaults.
    private static func user(_ parts: ArraySlice<String>, file: String, tree: String?) -> ConfPath {
        guard parts.count >= 4, let user = parts.first, let app = parts.dropFirst().first else { return .omitted(.outsideLayers) }
        let found = scoped(parts.dropFirst(2), file: file) {
            .init(layer: .user, app: app, user: user, scope: $0, confType: $1, tree: tree)
        }
        if case .configuration(let provenance) = found {
            if provenance.scope == .default { return .omitted(.outsideLayers) }
            if provenance.scope == .metadata && provenance.confType != "local" { return .omitted(.misplaced) }
        }
        return found
    }

    /// What is directly in a scope's directory; all deeper or other places are no configuration.
    private static func scoped(
        _ parts: ArraySlice<String>, file: String, _ make: (ConfProvenance.Scope, String) -> ConfProvenance
    ) -> ConfPath {
        let directories = parts.dropLast()
        guard let directory = directories.first else { return .omitted(.outsideLayers) }
        guard directories.count == 1, let scope = ConfProvenance.Scope(rawValue: directory) else {
            return .omitted(omissionByPlace(directories))
        }
        let stem = String(file.dropLast(5))
        let isMeta = file.hasSuffix(".meta")
        guard isMeta == (scope == .metadata), !isMeta || stem == "default" || stem == "local" else { return .omitted(.misplaced) }
        return .configuration(make(scope, stem))
    }

    private static func omissionByPlace(_ directories: ArraySlice<String>) -> ConfOmission {
        if let last = directories.last, directories.count > 1, isScope(last), !isScope(directories.first ?? "") { return .nestedApp }
        return .outsideLayers
    }

    // MARK: Reading the name

    private static func omissionByName(_ file: String, directories: ArraySlice<String>) -> ConfOmission? {
        if file.hasSuffix(".conf.spec") || file.hasSuffix(".conf.example") || file.hasSuffix(".meta.spec") { return .documentation }
        guard file.hasSuffix(".conf") || file.hasSuffix(".meta") else { return .notConfiguration }
        if directories.contains("README") { return .documentation }
        if directories.contains(where: { $0.hasPrefix("default.old") }) { return .upgradeLeftover }
        if file.utf8.count == 5 || file.contains("*") { return .badName }
        if file.hasPrefix(".") || directories.contains("__MACOSX") { return .hiddenFile }
        return nil
    }

    /// The path's components without empty ones and `.`. A backslash separates in paths from Windows only, that is with a
    /// drive or without any slash: elsewhere it may be part of a name.
    private static func components(of path: String) -> [String] {
        let bytes = path.utf8
        let hasDrive = bytes.count > 2 && bytes.dropFirst().first == UInt8(ascii: ":") && bytes.dropFirst(2).first == UInt8(ascii: "\\")
        let isWindows = hasDrive || !bytes.contains(UInt8(ascii: "/"))
        return path.split(whereSeparator: { $0 == "/" || (isWindows && $0 == "\\") }).map(String.init).filter { $0 != "." }
    }
}
