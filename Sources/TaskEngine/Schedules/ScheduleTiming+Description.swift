extension ScheduleTiming {
    /// When it is due, in English: "At 09:30 on Mondays to Fridays (Europe/Berlin)", "Every 90 seconds".
    package var description: String {
        switch self {
        case .cron(let expression, let zone): "\(expression.description) (\(zone.name))"
        case .interval(let milliseconds, _): "Every " + Self.length(milliseconds)
        }
    }

    /// In the largest units that leave nothing over.
    private static func length(_ milliseconds: Int64) -> String {
        let units: [(name: String, size: Int64)] = [
            ("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000), ("second", 1000), ("millisecond", 1),
        ]
        let unit = units.first { milliseconds % $0.size == 0 } ?? units[4]
        let count = milliseconds / unit.size
        return count == 1 ? unit.name : "\(count) \(unit.name)s"
    }
}
