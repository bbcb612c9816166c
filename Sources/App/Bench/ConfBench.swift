import Foundation
import Workloads

/// The parser of .conf files alone, on one thread, over files in memory.
enum ConfBench {
    static let bench = Bench(
        "conf", "rate of the parser of .conf files alone", BenchOptions(count: 10_500, poolLimit: 0, callers: 1),
        measure: { options, _, _ in try run(options) })

    /// The whole is parsed this often; the fastest counts, since whatever else the machine does only adds.
    static let rounds = 5

    static func run(_ options: BenchOptions) throws -> BenchReport {
        let files = try options.directory.map(readFiles) ?? corpus(options.count)
        guard !files.isEmpty else { throw LoadError("there are no .conf or .meta files") }
        let bytes = files.reduce(0) { $0 + $1.count }
        var stanzas = 0
        var settings = 0
        let scanning = fastest {
            for file in files {
                file.withUnsafeBytes { contents in
                    var scanner = ConfScanner(contents)
                    while scanner.next() != nil {}
                }
            }
        }
        let reading = fastest {
            stanzas = 0
            settings = 0
            for file in files {
                file.withUnsafeBytes { contents in
                    var reader = ConfStanzaReader(contents)
                    while let stanza = reader.next() {
                        stanzas += 1
                        settings += stanza.settingCount
                    }
                }
            }
        }
        var report = BenchReport("conf", [("source", options.directory ?? "generated")])
        report.add("files", Double(files.count), "")
        report.add("bytes", Double(bytes) / 1_000_000, "MB")
        report.add("stanzas", Double(stanzas), "")
        report.add("settings", Double(settings), "")
        report.add("parse", Double(bytes) / 1_000_000 / reading, "MB/s")
        report.add("scan", Double(bytes) / 1_000_000 / scanning, "MB/s")
        return report
    }

    private static func corpus(_ count: Int) -> [[UInt8]] {
        let corpus = ConfCorpus()
        return (0..<count).lazy.map { corpus.file($0) }.filter(\.isConfiguration).map(\.text)
    }

    private static func readFiles(_ directory: String) throws -> [[UInt8]] {
        let names = FileManager.default.enumerator(atPath: directory)?.compactMap { $0 as? String } ?? []
        return try names.filter { $0.hasSuffix(".conf") || $0.hasSuffix(".meta") }.sorted().compactMap { name in
            let url = URL(fileURLWithPath: directory).appendingPathComponent(name)
            // An app's directory may be called like a file.
            guard try url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true else { return nil }
            return try Array(Data(contentsOf: url))
        }
    }

    private static func fastest(_ body: () -> Void) -> Double {
        (0..<rounds).map { _ in
            let started = ContinuousClock.now
            body()
            return started.duration(to: .now) / .seconds(1)
        }.min() ?? .nan
    }
}
