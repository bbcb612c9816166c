import Foundation
import JSONText
import Storage

/// Figures of one benchmark with the conditions they hold under.
package struct BenchReport: Sendable {
    /// The benchmark's name.
    package let name: String
    /// Name, value and unit, in the order to print.
    package private(set) var figures: [(name: String, value: Double, unit: String)] = []
    /// Name and text: database, durability, pool limit.
    package private(set) var conditions: [(name: String, text: String)] = []

    init(_ name: String, _ options: BenchOptions, _ database: any Database) {
        self.init(
            name,
            [("database", database.dialect.rawValue), ("durability", database.durability), ("pool_limit", "\(options.poolLimit)")])
    }

    /// - Parameter conditions: those of the benchmark; how the binary was built is added.
    init(_ name: String, _ conditions: [(name: String, text: String)]) {
        self.name = name
        self.conditions = conditions + [("build", Self.build)]
    }

    mutating func add(_ name: String, _ value: Double, _ unit: String) {
        figures.append((name, value, unit))
    }

    /// Median commit and group size since the database was opened.
    /// - Parameter part: put before the names where one benchmark has several databases.
    mutating func addCommits(_ statistics: CommitStatistics, of part: String? = nil) {
        let prefix = part.map { $0 + "_" } ?? ""
        add(prefix + "median_commit", Double(statistics.medianMicroseconds) / 1000, "ms")
        add(prefix + "writes_per_commit", Double(statistics.closures) / Double(max(statistics.count, 1)), "")
    }

    /// Median, 99th percentile and maximum of samples in microseconds.
    mutating func addPercentiles(_ name: String, _ samples: [Int64]) {
        guard !samples.isEmpty else { return }
        let sorted = samples.sorted()
        add(name + "_p50", Double(sorted[sorted.count / 2]) / 1000, "ms")
        add(name + "_p99", Double(sorted[min(sorted.count * 99 / 100, sorted.count - 1)]) / 1000, "ms")
        add(name + "_max", Double(sorted[sorted.count - 1]) / 1000, "ms")
    }

    /// For people.
    package var text: String {
        let facts = conditions.map { "\($0.name)=\($0.text)" }.joined(separator: " ")
        let lines = figures.map { figure in
            let value = figure.value >= 1000 ? String(Int(figure.value.rounded())) : String(format: "%.3f", figure.value)
            return "  \(figure.name): \(value) \(figure.unit)"
        }
        return (["\(name)  (\(facts))"] + lines).joined(separator: "\n")
    }

    /// One JSON object.
    package var json: String {
        var writer = JSONWriter()
        writer.object { object in
            object.field("bench", name)
            for condition in conditions { object.field(condition.name, condition.text) }
            for figure in figures {
                object.field(
                    figure.unit.isEmpty ? figure.name : figure.name + "_" + figure.unit.replacing("/", with: "_per_"), figure.value)
            }
        }
        return writer.text
    }

    private static var build: String {
        #if DEBUG
        "debug"
        #else
        "release"
        #endif
    }
}
