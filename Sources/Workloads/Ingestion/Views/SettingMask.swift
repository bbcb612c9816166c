import WebCore

/// Decides which values of settings a reader sees. Everything that shows a setting asks it.
struct SettingMask: Sendable {
    /// Whether secrets stand in clear.
    let showsSecrets: Bool

    /// The value as it may be shown: ``Redaction/mask`` in place of a secret, everything else as in the file.
    func shown(_ key: String, _ value: String) -> String {
        guard !showsSecrets, !Self.isSamplePattern(key) || Redaction.isSecretValue(value) else { return value }
        return Redaction.masked(key: key, value: value)
    }

    /// `token.<n>.token` of eventgen.conf: a pattern to be replaced in samples, thousands of them, and no access token.
    private static func isSamplePattern(_ key: String) -> Bool {
        let parts = key.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 3 && parts[0] == "token" && parts[2] == "token" && !parts[1].isEmpty && parts[1].allSatisfy(\.isNumber)
    }
}

extension MillraceRequestContext {
    /// The mask for what this caller reads.
    var settingMask: SettingMask { SettingMask(showsSecrets: mayReadSecrets) }
}
