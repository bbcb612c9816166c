/// How much of one configuration file is kept. Real files stay far below all of these; they bound what a hostile file costs.
package struct ConfLimits: Sendable, Equatable {
    /// Longest value, key or stanza name in bytes of the file; longer ones are cut at a character. Default 1 MiB.
    package var valueBytes = 1 << 20
    /// Longest line in bytes; the rest of a longer one is dropped. Default 8 MiB.
    package var lineBytes = 8 << 20
    /// Problems recorded per file; further ones are only counted. Default 1,000.
    package var problems = 1_000
    /// Length of a stanza's settings as JSON after which the rest goes into a further stanza of the same name and line
    /// (namesakes are merged, so nothing changes for a reader). Default 4 MiB.
    package var stanzaJSONBytes = 4 << 20

    /// The defaults.
    package init() {}
}
