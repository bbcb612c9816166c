import App
import ArgumentParser

/// `millrace bench`: measures on a database of its own, which is removed afterwards.
struct BenchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench", abstract: "Measure this machine.",
        discussion: """
            Uses a new file beside the configured SQLite database, or a schema of its own on the configured PostgreSQL server.

            \(Bench.all.map { "\($0.name): \($0.summary)" }.joined(separator: "\n"))
            """)

    @Argument(help: "The benchmark's name, or all.")
    var what = "all"

    @Flag(help: "One JSON object a line.")
    var json = false

    @Option(help: "Tasks, requests or samples; members of the archive (ingest), files (conf), stanzas (views).")
    var count: Int?

    @Option(help: "Concurrency of the pool.")
    var pool: Int?

    @Option(help: "Callers or connections at once.")
    var callers: Int?

    @Flag(help: "ingest: an archive of 450,000 members, and one of a third to compare with; with --count one archive.")
    var large = false

    @Option(help: "conf: parse the .conf and .meta files below this directory.")
    var dir: String?

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard !chosen.isEmpty else {
            throw ValidationError("'\(what)' is no benchmark: use \(Bench.all.map(\.name).joined(separator: ", ")) or all")
        }
        for number in [count, pool, callers] where (number ?? 1) < 1 { throw ValidationError("counts are at least 1") }
    }

    func run() async throws {
        let flags = [.logLevel: "error"].merging(common.flags) { $1 }
        try await Launch.run(flags: flags) { settings, logger in
            for bench in chosen {
                var options = bench.defaults
                options.isLarge = large
                options.count = count ?? (large && bench.name == "ingest" ? BenchOptions.largeArchive : options.count)
                options.directory = dir
                options.poolLimit = pool ?? options.poolLimit
                options.callers = callers ?? options.callers
                let report = try await bench.run(options, settings, logger: logger)
                print(json ? report.json : report.text)
            }
        }
    }

    private var chosen: [Bench] { what == "all" ? Bench.all.filter(\.isPartOfAll) : Bench.all.filter { $0.name == what } }
}
