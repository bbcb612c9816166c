import Foundation

/// A time zone by its IANA name, and what the clocks in it show. The rules are those that come with Foundation.
package struct ScheduleZone: Sendable, Equatable {
    /// The name as it was given: `Europe/Berlin`.
    package let name: String
    private let zone: TimeZone

    /// What schedules have whose authors say nothing.
    package static let utc = ScheduleZone(name: "UTC", zone: .gmt)

    /// - Returns: nil for a name that IANA does not have. Abbreviations (`PST`) and offsets (`GMT+3`) are none.
    package init?(_ name: String) {
        guard (1...64).contains(name.utf8.count), name.utf8.contains(UInt8(ascii: "/")) || Self.names.contains(name),
            let zone = TimeZone(identifier: name)
        else { return nil }
        self.init(name: name, zone: zone)
    }

    private init(name: String, zone: TimeZone) {
        self.name = name
        self.zone = zone
    }

    /// Seconds by which clocks are ahead of UTC at `instant`, in seconds since 1970.
    func offset(at instant: Int64) -> Int64 {
        Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(instant))))
    }

    /// When the clocks show `local`, both in seconds since 1970. What they show twice counts the first time; what they skip
    /// counts as the moment after the gap.
    func instant(showing local: Int64) -> Int64 {
        // No zone is a day away from UTC.
        let before = offset(at: local - 86_400)
        let after = offset(at: local + 86_400)
        let fitting = [local - before, local - after].filter { $0 + offset(at: $0) == local }
        return fitting.min() ?? endOfGap(between: local - max(before, after), and: local - min(before, after))
    }

    /// The first second with the later offset.
    private func endOfGap(between early: Int64, and late: Int64) -> Int64 {
        var (early, late) = (early, late)
        let old = offset(at: early)
        while late - early > 1 {
            let middle = early + (late - early) / 2
            if offset(at: middle) == old { early = middle } else { late = middle }
        }
        return late
    }

    /// Names without a slash: all others of the kind are abbreviations, which mean different places to different people.
    private static let names: Set<String> = [
        "UTC", "UCT", "Zulu", "Universal", "GMT", "GMT0", "Greenwich", "EST", "MST", "HST", "EST5EDT", "CST6CDT", "MST7MDT", "PST8PDT",
        "WET", "CET", "MET", "EET", "Cuba", "Egypt", "Eire", "GB", "GB-Eire", "Hongkong", "Iceland", "Iran", "Israel", "Jamaica", "Japan",
        "Kwajalein", "Libya", "NZ", "NZ-CHAT", "Navajo", "PRC", "Poland", "Portugal", "ROC", "ROK", "Singapore", "Turkey", "W-SU",
    ]
}
