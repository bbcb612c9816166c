/// A setting that differs between the same file of two results.
struct Difference: Sendable {
    enum Change: String, Sendable {
        case added, removed, changed
    }

    /// A value on one side.
    struct Found: Sendable {
        let value: String
        let path: String
        let line: Int64
    }

    /// The settings of a stanza on one side, repeated ones merged: the last counts.
    struct Side: Sendable {
        /// A stored row of the stanza; nil when it is not there.
        var id: Int64?
        var settings: [ExactText: Found] = [:]
        /// Where the stanza begins.
        var path = ""
        var line: Int64 = 0
    }

    let change: Change
    let file: FileDetail
    let stanza: ExactText
    /// Nil when a stanza without settings came or went.
    let key: ExactText?
    let before: Found?
    let after: Found?

    /// What differs in one stanza, in byte order of the keys. Lines do not count.
    static func of(_ stanza: ExactText, _ before: Side, _ after: Side, in file: FileDetail) -> [Difference] {
        func difference(_ change: Change, _ key: ExactText?, _ before: Found?, _ after: Found?) -> Difference {
            Difference(change: change, file: file, stanza: stanza, key: key, before: before, after: after)
        }
        let keys = Set(before.settings.keys).union(after.settings.keys)
        if keys.isEmpty {
            switch (before.id, after.id) {
            case (nil, nil), (.some, .some): return []
            case (nil, .some): return [difference(.added, nil, nil, Found(value: "", path: after.path, line: after.line))]
            case (.some, nil): return [difference(.removed, nil, Found(value: "", path: before.path, line: before.line), nil)]
            }
        }
        return keys.sorted().compactMap { key in
            switch (before.settings[key], after.settings[key]) {
            case (nil, nil): nil
            case (nil, let new?): difference(.added, key, nil, new)
            case (let old?, nil): difference(.removed, key, old, nil)
            case (let old?, let new?): ExactText(old.value) == ExactText(new.value) ? nil : difference(.changed, key, old, new)
            }
        }
    }
}
