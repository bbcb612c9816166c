import Foundation

/// What one upload may cost to read.
package struct IngestionLimits: Sendable, Equatable {
    /// Of the archive as a whole and of its members.
    package var archive = ArchiveLimits()
    /// Of what is kept of one configuration file.
    package var conf = ConfLimits()
    /// Stanzas of one run: a file of nothing but headers costs more to store than to send. Default 10,000,000.
    package var stanzas = 10_000_000
    /// Files, or batches of small ones, that one task parses at once, beside reading and storing. Default: one for each core
    /// but the one that reads, 4 at most: no more can be kept busy by one reader.
    package var parsers = min(max(ProcessInfo.processInfo.activeProcessorCount - 1, 1), 4)

    /// The defaults.
    package init() {}
}

extension IngestionLimits {
    /// All that decides what is made of given bytes, in one text. An attempt resumes only what was read in the same way.
    /// - Parameter version: the program's.
    func reading(version: String) -> String {
        "\(version) \(archive) \(conf) stanzas: \(stanzas)"
    }
}
