import JSONText

/// What a whole upload held, or the part of it that was read so far.
struct RunSummary: Sendable, Equatable, Encodable {
    /// `tar`, `gzip`, `zip`, …; `conf` for a file on its own.
    var format: String
    var fileCount = 0
    var stanzaCount = 0
    var settingCount = 0
    var problemCount = 0
    /// Members that were left out, by reason.
    var omitted: [String: Int] = [:]
    /// Those among them that are named like configuration and were refused: links, encrypted ones, too large ones, …
    var refusedConfiguration = 0

    init(format: String) {
        self.format = format
    }

    /// The task's result.
    enum CodingKeys: String, CodingKey, CaseIterable {
        case format
        case fileCount = "file_count"
        case stanzaCount = "stanza_count"
        case settingCount = "setting_count"
        case problemCount = "problem_count"
        case omitted
    }
}

// MARK: - As it is stored with a cursor

extension RunSummary {
    /// One JSON object, as ``init(json:)`` reads it. Written by hand: it goes with every piece of rows.
    var json: String {
        var writer = JSONWriter()
        writer.object { object in
            object.field(CodingKeys.format.rawValue, format)
            object.field(CodingKeys.fileCount.rawValue, fileCount)
            object.field(CodingKeys.stanzaCount.rawValue, stanzaCount)
            object.field(CodingKeys.settingCount.rawValue, settingCount)
            object.field(CodingKeys.problemCount.rawValue, problemCount)
            object.fieldRaw(CodingKeys.omitted.rawValue, omittedJSON)
            object.field(Self.refusedKey, refusedConfiguration)
        }
        return writer.text
    }

    /// Not part of the result, which ``omitted`` tells in more detail.
    private static let refusedKey = "refused_configuration"

    /// The counts of what was left out as a JSON object, in the order of the reasons.
    var omittedJSON: String {
        var writer = JSONWriter()
        writer.object { object in
            for (reason, count) in omitted.sorted(by: { $0.key < $1.key }) { object.field(reason, count) }
        }
        return writer.text
    }

    /// Nil when the text is none of ours.
    init?(json: String) {
        guard let root = try? JSONDocument(parsing: Array(json.utf8)).root,
            let format = root[CodingKeys.format.rawValue]?.string,
            let files = root[CodingKeys.fileCount.rawValue]?.int64, let stanzas = root[CodingKeys.stanzaCount.rawValue]?.int64,
            let settings = root[CodingKeys.settingCount.rawValue]?.int64, let problems = root[CodingKeys.problemCount.rawValue]?.int64,
            let omitted = root[CodingKeys.omitted.rawValue]?.members
        else { return nil }
        self.init(format: format)
        fileCount = Int(files)
        stanzaCount = Int(stanzas)
        settingCount = Int(settings)
        problemCount = Int(problems)
        refusedConfiguration = Int(root[Self.refusedKey]?.int64 ?? 0)
        for (reason, count) in omitted { self.omitted[reason] = Int(count.int64 ?? 0) }
    }
}
