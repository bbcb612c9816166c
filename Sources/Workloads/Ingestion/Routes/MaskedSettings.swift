import JSONText

/// The settings of a stanza as they may be shown: secrets are replaced, everything else stands as in the file.
struct MaskedSettings {
    /// JSON array of `{key, value, line}`.
    let json: String

    /// - Parameter stored: the settings as they are stored.
    /// - Throws: ``StorageError`` when that cannot be read.
    init(_ stored: String, _ mask: SettingMask) throws {
        var writer = JSONWriter(capacity: stored.utf8.count + 64)
        Self.write(try ConfSetting.decode(stored), mask, in: &writer)
        json = writer.text
    }

    /// Writes settings as an array of `{key, value, line}`.
    static func write(_ settings: [ConfSetting], _ mask: SettingMask, in writer: inout JSONWriter) {
        writer.array { array in
            for setting in settings {
                array.object { object in
                    object.field("key", setting.key)
                    object.field("value", mask.shown(setting.key, setting.value))
                    object.field("line", setting.line)
                }
            }
        }
    }
}
