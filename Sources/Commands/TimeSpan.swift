import ArgumentParser

/// A length of time on the command line: a whole number and a unit, `250ms`, `30s`, `5m`, `2h`, `1d`.
struct TimeSpan: ExpressibleByArgument {
    let milliseconds: Int64

    var duration: Duration { .milliseconds(milliseconds) }

    private static let units: [(name: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]

    init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && $0.isNumber }
        guard let number = Int64(digits), let unit = Self.units.first(where: { $0.name == argument.dropFirst(digits.count) }) else {
            return nil
        }
        let (milliseconds, overflow) = number.multipliedReportingOverflow(by: unit.milliseconds)
        guard !overflow else { return nil }
        self.milliseconds = milliseconds
    }
}
