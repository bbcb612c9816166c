import JSONText

/// A stanza through a ``Projection``: the columns, and every setting that is in none of them.
///
/// Of a key that stands twice the last counts, as in Splunk; the others are among ``other``. So each setting of the stanza is
/// either the value of a column or in ``other``, and never in both.
struct ProjectedStanza: Sendable {
    /// The value of a column; nil is null.
    enum Value: Sendable, Equatable {
        case text(String)
        case bool(Bool)
        case int(Int64)
        case list([String])
        case classes([ConfClass])
    }

    /// One setting of a family, such as `EXTRACT-user = …`.
    struct ConfClass: Sendable, Equatable {
        let name: String
        let value: String
    }

    /// In the order of the projection's columns.
    let values: [Value?]
    let other: [ConfSetting]

    /// - Parameter mask: applied to every value, of columns as well.
    init(_ settings: [ConfSetting], _ projection: Projection, _ mask: SettingMask) {
        let last = Dictionary(settings.indices.map { (ExactText(settings[$0].key), $0) }, uniquingKeysWith: { $1 })
        let effective = last.values.sorted()
        var taken = Set<Int>()
        func shown(_ index: Int) -> String { mask.shown(settings[index].key, settings[index].value) }
        func single(_ key: String, _ read: (String) -> Value?) -> Value? {
            // What is masked parses as nothing, and has no need to.
            guard let index = last[ExactText(key)], let value = read(shown(index)) else { return nil }
            taken.insert(index)
            return value
        }
        func family(_ prefix: String) -> [(index: Int, name: String)] {
            effective.compactMap { index in
                let key = settings[index].key
                return key.hasPrefix(prefix) ? (index, String(key.dropFirst(prefix.count))) : nil
            }
        }
        values = projection.columns.map { column -> Value? in
            switch column.kind {
            case .text(let key): return single(key) { .text($0) }
            case .bool(let key): return single(key) { Self.bool($0).map(Value.bool) }
            case .int(let key): return single(key) { Int64($0).map(Value.int) }
            case .list(let key): return single(key) { .list(Self.list($0)) }
            case .numbered(let prefix):
                let found = family(prefix + ".").compactMap { entry in Int64(entry.name).map { (index: entry.index, number: $0) } }
                guard !found.isEmpty else { return nil }
                taken.formUnion(found.map(\.index))
                return .list(found.sorted { ($0.number, $0.index) < ($1.number, $1.index) }.map { shown($0.index) })
            case .classes(let prefix):
                let found = family(prefix + "-")
                guard !found.isEmpty else { return nil }
                taken.formUnion(found.map(\.index))
                return .classes(found.map { ConfClass(name: $0.name, value: shown($0.index)) })
            }
        }
        other = settings.indices.filter { !taken.contains($0) }.map { settings[$0] }
    }

    /// Splunk's booleans; nil for anything else.
    static func bool(_ text: String) -> Bool? {
        switch text.lowercased() {
        case "1", "true", "t", "yes", "y": true
        case "0", "false", "f", "no", "n": false
        default: nil
        }
    }

    private static func list(_ text: String) -> [String] {
        text.split(separator: ",").compactMap { part in
            let trimmed = part.drop { $0.isWhitespace }
            guard let end = trimmed.lastIndex(where: { !$0.isWhitespace }) else { return nil }
            return String(trimmed[...end])
        }
    }
}

extension ProjectedStanza.Value {
    /// Writes the value as JSON.
    func write(in writer: inout JSONWriter) {
        switch self {
        case .text(let text): writer.value(text)
        case .bool(let bool): writer.value(bool)
        case .int(let number): writer.value(number)
        case .list(let list): writer.array { array in for text in list { array.value(text) } }
        case .classes(let classes):
            writer.array { array in
                for entry in classes {
                    array.object { object in
                        object.field("name", entry.name)
                        object.field("value", entry.value)
                    }
                }
            }
        }
    }
}
