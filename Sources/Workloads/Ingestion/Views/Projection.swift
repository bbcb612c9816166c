/// One type of configuration as a table: what a stanza's name says and the settings that matter, each in a typed column.
///
/// A projection is data. A new one is a table in `Projection+….swift` and one line in ``all``; a new column is one line.
struct Projection: Sendable {
    /// The last component of its route, and the name of its list.
    let path: String
    /// The type whose stanzas it shows.
    let confType: String
    /// How it reads the stanza's name.
    let head: StanzaHead
    let columns: [Column]

    /// A setting, or several of one family, as a column.
    struct Column: Sendable {
        /// Name in the answer.
        let name: String
        let kind: Kind

        init(_ name: String, _ kind: Kind) {
            self.name = name
            self.kind = kind
        }
    }

    /// What a column holds. A value that is none of its kind leaves the column `null` and stays among the other settings.
    enum Kind: Sendable {
        /// The value as it stands.
        case text(String)
        /// Splunk's booleans: `1 true t yes y` and `0 false f no n` in any case.
        case bool(String)
        /// A whole number.
        case int(String)
        /// What stands between commas, without blanks around it.
        case list(String)
        /// Every setting `<prefix>.<number>`, in the order of the numbers.
        case numbered(String)
        /// Every setting `<prefix>-<name>`, as `{name, value}` in the order of the file.
        case classes(String)
    }

    /// All that have a route.
    static let all = [inputs, props, transforms, indexes, outputs, serverclasses]
}
