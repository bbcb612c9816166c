package import Logging
import Storage

/// `millrace bench`: what this machine and this database give, each figure with its conditions.
///
/// One value per benchmark, which stands in the file that measures; a new one is a line in `all` besides.
package struct Bench: Sendable {
    /// As on the command line and in the report.
    package let name: String
    /// What is measured, for the help.
    package let summary: String
    /// The size that docs/benchmarks.md quotes.
    package let defaults: BenchOptions
    private let measure: @Sendable (BenchOptions, Settings, Logger) async throws -> BenchReport

    /// Whether `all` runs it.
    package let isPartOfAll: Bool

    /// Every benchmark, in the order in which `all` runs them.
    package static let all = [
        DrainBench.bench, SubmitBench.bench, HTTPBench.bench, AuthBench.bench, LatencyBench.bench, BacklogBench.bench, DelayedBench.bench,
        RestartBench.bench, BulkBench.bench, PruneBench.bench, BatchBench.bench, DoctorBench.bench, IngestBench.bench, ConfBench.bench,
        ViewsBench.bench, WorkflowsBench.bench, SoakBench.bench,
    ]

    /// A benchmark that makes what it needs by itself.
    init(
        _ name: String, _ summary: String, _ defaults: BenchOptions, isPartOfAll: Bool = true,
        measure: @escaping @Sendable (BenchOptions, Settings, Logger) async throws -> BenchReport
    ) {
        self.name = name
        self.summary = summary
        self.defaults = defaults
        self.isPartOfAll = isPartOfAll
        self.measure = measure
    }

    /// A benchmark on an empty, migrated database of its own in this process.
    init(
        _ name: String, _ summary: String, _ defaults: BenchOptions,
        onDatabase measure: @escaping @Sendable (BenchOptions, any Database, Logger) async throws -> BenchReport
    ) {
        self.init(name, summary, defaults) { options, settings, logger in
            try await BenchDatabase.with(settings, logger: logger) { try await measure(options, $0, logger) }
        }
    }

    /// Runs it and removes what it made.
    package func run(_ options: BenchOptions, _ settings: Settings, logger: Logger) async throws -> BenchReport {
        try await measure(options, settings, logger)
    }
}
