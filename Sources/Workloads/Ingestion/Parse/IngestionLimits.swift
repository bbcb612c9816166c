/// What one upload may cost to read.
struct IngestionLimits: Sendable {
    var archive = ArchiveLimits()
    var conf = ConfLimits()
    /// Stanzas of one run: a file of nothing but headers costs more to store than to send. Default 10,000,000.
    var stanzas = 10_000_000
}
