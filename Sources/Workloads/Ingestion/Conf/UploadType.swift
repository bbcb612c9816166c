/// What a client says an upload holds. It decides only how paths are read when they do not say it themselves; the format is
/// told by content.
package enum UploadType: String, Sendable, CaseIterable {
    /// `etc` of a deployment server.
    case deploymentServerEtc = "ds_etc"
    /// `etc` of any other Splunk instance.
    case instanceEtc = "instance_etc"
    /// One app or several, each a directory at the top of the archive.
    case appBundle = "app_bundle"
    /// One .conf or .meta file.
    case singleConf = "single_conf"
}
