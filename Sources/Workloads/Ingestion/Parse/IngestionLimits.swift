/// What one upload may cost to read.
package struct IngestionLimits: Sendable, Equatable {
    /// Of the archive as a whole and of its members.
    package var archive = ArchiveLimits()
    /// Of what is kept of one configuration file.
    package var conf = ConfLimits()
    /// Stanzas of one run: a file of nothing but headers costs more to store than to send. Default 10,000,000.
    package var stanzas = 10_000_000

    /// The defaults.
    package init() {}
}
