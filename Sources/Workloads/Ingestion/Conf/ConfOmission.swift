/// Why a member of an archive is not read as configuration. The raw values are part of the HTTP answers and never change.
package enum ConfOmission: String, Sendable, CaseIterable {
    /// Not a .conf or .meta file at all.
    case notConfiguration = "not_configuration"
    /// A specification, an example, or anything else below `README`.
    case documentation = "documentation"
    /// `default.old.<date>`: what an upgrade of Splunk left behind.
    case upgradeLeftover = "upgrade_leftover"
    /// An app inside another app; Splunk does not read it.
    case nestedApp = "nested_app"
    /// Resource forks and hidden files that editors and file managers leave behind.
    case hiddenFile = "hidden_file"
    /// A .meta file that is not `metadata/default.meta` or `metadata/local.meta`, or a .conf file in `metadata`.
    case misplaced = "misplaced"
    /// Nothing, or a pattern, before `.conf`.
    case badName = "bad_name"
    /// A .conf file where no layer is: `bin`, `etc/openldap`, `var/run`, `btool_output`, …
    case outsideLayers = "outside_layers"
}
