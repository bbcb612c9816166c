/// Where in a Splunk installation a configuration file belongs.
package struct ConfProvenance: Sendable, Equatable {
    /// Splunk's three kinds of places.
    package enum Layer: String, Sendable, CaseIterable {
        case system, app, user
    }

    /// Which half of a layer; `metadata` for .meta files.
    package enum Scope: String, Sendable, CaseIterable {
        case `default`, local, metadata
    }

    /// nil when it is unknown: a file uploaded on its own.
    package var layer: Layer?
    /// The app's directory name; `system` in the system layer; nil for a file uploaded on its own.
    package var app: String?
    /// The user's name in the user layer, else nil.
    package var user: String?
    /// nil for a .conf file uploaded on its own.
    package var scope: Scope?
    /// The file name without `.conf` or `.meta`: `inputs`, `props`, …; `default` or `local` for .meta files.
    package var confType: String
    /// The tree under `etc/` when the file is not live on this host: `deployment-apps`, `shcluster/apps`, `peer-apps`, …
    /// nil when it is live.
    package var tree: String?

    /// A provenance as given.
    package init(layer: Layer?, app: String?, user: String? = nil, scope: Scope?, confType: String, tree: String? = nil) {
        self.layer = layer
        self.app = app
        self.user = user
        self.scope = scope
        self.confType = confType
        self.tree = tree
    }

    /// The provenance of a file that was uploaded on its own, under the name that the client gave: only the type is known.
    /// A name that does not end with `.conf` or `.meta` is taken whole.
    package init(singleFile name: String) {
        let file = name.split(whereSeparator: { $0 == "/" || $0 == "\\" }).last.map(String.init) ?? name
        let isMeta = file.hasSuffix(".meta")
        let stem = isMeta || file.hasSuffix(".conf") ? String(file.dropLast(5)) : file
        self.init(layer: nil, app: nil, scope: isMeta ? .metadata : nil, confType: stem)
    }
}
