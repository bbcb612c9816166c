/// A stanza as Splunk sees it: all its copies merged, and what they leave open filled from the `default` stanza.
///
/// First the copies of the stanza are merged, each setting from the strongest that has it, then those of `default` in the
/// same way; a setting of the stanza itself comes before one of `default`, whatever layer that is in.
struct EffectiveStanza: Sendable {
    /// A value, and where it stands.
    struct Occurrence: Sendable {
        let value: String
        let line: Int64
        /// Index into the copies that were merged.
        let copy: Int
        /// Whether it stands in the `default` stanza rather than in the one asked for.
        let isFromDefault: Bool
    }

    /// A setting with the value that counts.
    struct Setting: Sendable {
        let key: ExactText
        let winner: Occurrence
        /// What the winner hides, strongest first: at most ``mostHidden``.
        var hidden: [Occurrence] = []
        /// All that it hides.
        var hiddenCount = 0
    }

    /// Hidden values that are listed per setting; the others are counted. Copies are as many as apps.
    static let mostHidden = 100
    /// The stanza whose settings hold for all others of its type.
    static let defaultName = ExactText(ConfStanzaReader.globalName)

    let name: ExactText
    /// In byte order of the keys.
    let settings: [Setting]
    /// All copies that took part.
    let copies: [StanzaCopy]

    /// - Parameters:
    ///   - own: copies of the stanza, strongest first.
    ///   - defaults: copies of `default`, strongest first; empty when that is the one asked for.
    ///   - isVisible: whether a setting may be seen in this context; nil asks for the stanza as a whole.
    /// - Returns: nil when nobody may see it.
    init?(_ name: ExactText, own: [StanzaCopy], defaults: [StanzaCopy], isVisible: (StanzaCopy, _ key: String?) -> Bool) {
        let copies = own + defaults
        var settings: [ExactText: Setting] = [:]
        var exists = false
        for (index, copy) in copies.enumerated() {
            let isFromDefault = index >= own.count
            if !isFromDefault && isVisible(copy, nil) { exists = true }
            for setting in copy.settings.reversed() where isVisible(copy, setting.key) {
                if !isFromDefault { exists = true }
                let found = Occurrence(value: setting.value, line: setting.line, copy: index, isFromDefault: isFromDefault)
                Self.add(found, ExactText(setting.key), to: &settings)
            }
        }
        guard exists else { return nil }
        self.name = name
        self.settings = settings.values.sorted { $0.key < $1.key }
        self.copies = copies
    }

    private static func add(_ found: Occurrence, _ key: ExactText, to settings: inout [ExactText: Setting]) {
        guard let index = settings.index(forKey: key) else {
            settings[key] = Setting(key: key, winner: found)
            return
        }
        settings.values[index].hiddenCount += 1
        if settings.values[index].hidden.count < mostHidden { settings.values[index].hidden.append(found) }
    }
}
